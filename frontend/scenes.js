// Boards, calendars, timelines and trees: what moves cards there. Fetched by pages that have one of them.

import * as kanbans from "../static/js/kanbans.js";
import * as placings from "../static/js/placings.js";
import * as trees from "../static/js/trees.js";

let started = false;

export function prepare(root) {
  if (!started) for (const module of [kanbans, placings, trees]) module.start();
  started = true;
  trees.prepare(root);
}
