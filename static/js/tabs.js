// Tabs within a page: one panel is seen at a time; whatever needs attention in another one opens it. Knows no content.

import { offer, seen } from "./shortcuts.js";

const tabsOf = (tab) => [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));

function select(tab) {
  for (const one of tabsOf(tab)) {
    const chosen = one === tab;
    one.setAttribute("aria-selected", String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    const panel = panelOf(one);
    if (panel) panel.hidden = !chosen;
  }
}

/** Opens every tab around an element, so that it can be seen. */
export function reveal(element) {
  for (let panel = element?.closest("[role=tabpanel]"); panel; panel = panel.parentElement?.closest("[role=tabpanel]")) {
    const tab = document.getElementById(panel.getAttribute("aria-labelledby"));
    if (tab && panel.hidden) select(tab);
  }
}

function onKey(event) {
  const tab = event.target.closest?.("[data-tabs] [role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = tabsOf(tab);
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  select(next);
  next.focus();
  event.preventDefault();
}

// A tab tells that something in it is marked, also when it is not the one in sight.
function mark(event) {
  for (const tab of event.target.querySelectorAll?.("[data-tabs] [role=tab]") ?? []) {
    tab.classList.toggle("has-error", Boolean(panelOf(tab)?.querySelector("[aria-invalid=true]")));
  }
}

/** The tab that is open stands in sight, also where the row of tabs is wider than the window. */
function inSight() {
  for (const row of document.querySelectorAll(".fw-tabs")) {
    const open = row.querySelector(".is-active, [aria-selected=true]");
    if (open && row.scrollWidth > row.clientWidth) row.scrollLeft = Math.max(0, open.offsetLeft - row.offsetLeft - (row.clientWidth - open.offsetWidth) / 2);
  }
}

export function start() {
  inSight();
  document.addEventListener("htmx:after:swap", inSight);
  offer(4, "← →", "key_tab", () => seen("[data-tabs] [role=tab]"));
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tabs] [role=tab]");
    if (tab) select(tab);
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash.length > 1) reveal(document.getElementById(decodeURIComponent(link.hash.slice(1))));
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("form:previewed", mark);
}
