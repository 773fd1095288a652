// What every page runs: starts our modules once, and prepares each piece of content when it comes. Holds no behaviour itself.

import "@tabler/core/js/src/bootstrap/dropdown.ts";
import "htmx.org/dist/htmx.esm.js";
import * as batches from "../static/js/batches.js";
import * as cellEdits from "../static/js/cell_edits.js";
import * as columns from "../static/js/columns.js";
import * as decisions from "../static/js/decisions.js";
import * as dialogs from "../static/js/dialogs.js";
import * as drafts from "../static/js/drafts.js";
import * as edges from "../static/js/edges.js";
import * as finders from "../static/js/finders.js";
import * as focus from "../static/js/focus.js";
import * as frames from "../static/js/frames.js";
import * as groups from "../static/js/groups.js";
import * as installing from "../static/js/installing.js";
import * as guards from "../static/js/guards.js";
import * as lines from "../static/js/lines.js";
import * as mentions from "../static/js/mentions.js";
import * as pastes from "../static/js/pastes.js";
import * as orders from "../static/js/orders.js";
import * as popovers from "../static/js/popovers.js";
import * as previews from "../static/js/previews.js";
import * as requests from "../static/js/requests.js";
import * as pulls from "../static/js/pulls.js";
import * as scans from "../static/js/scans.js";
import * as sessions from "../static/js/sessions.js";
import * as shortcuts from "../static/js/shortcuts.js";
import * as tabs from "../static/js/tabs.js";
import * as toasts from "../static/js/toasts.js";
import * as touches from "../static/js/touches.js";
import * as signs from "../static/js/signs.js";
import * as uploads from "../static/js/uploads.js";
import * as waits from "../static/js/waits.js";
import * as fresh from "./fresh.js";
import * as panels from "./panels.js";
import * as links from "./links.js";
import * as palette from "./palette.js";
import * as totals from "./totals.js";

// Parts that few pages need come when something on the page asks for them.
const LAZY = [
  ["[data-chart]", () => import("./charts.js")],
  ["[data-editor]", () => import("./editor.js")],
  ["[data-board], [data-places], [data-tree]", () => import("./scenes.js")],
];

function prepare(root) {
  const scope = root instanceof Element || root instanceof Document ? root : document;
  links.prepare(scope);
  batches.prepare(scope);
  columns.prepare(scope);
  edges.prepare(scope);
  totals.prepare(scope);
  guards.prepare(scope);
  uploads.prepare(scope);
  signs.prepare(scope);
  mentions.prepare(scope);
  scans.prepare(scope);
  for (const [selector, load] of LAZY) {
    if (scope.matches?.(selector) || scope.querySelector(selector)) load().then((module) => module.prepare(scope.parentNode ?? scope));
  }
}

// In the order of starting.
const STARTED = [
  links,
  cellEdits,
  groups,
  panels,
  mentions,
  drafts,
  columns,
  decisions,
  edges,
  dialogs,
  toasts,
  requests,
  frames,
  batches,
  guards,
  touches,
  totals,
  previews,
  popovers,
  lines,
  pastes,
  pulls,
  scans,
  orders,
  tabs,
  finders,
  focus,
  uploads,
  fresh,
  palette,
  installing,
  sessions,
  shortcuts,
  waits,
];
for (const module of STARTED) module.start();
prepare(document);
document.addEventListener("htmx:after:swap", (event) => prepare(event.target));
document.addEventListener("content:added", (event) => prepare(event.detail.root));
document.documentElement.dataset.ready = "yes";
