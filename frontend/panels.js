// A record beside its list: a click or Enter on a row opens it, Back closes it, the list keeps its place. Narrow windows
// go to the record's page instead. Knows no field.

import htmx from "htmx.org/dist/htmx.esm.js";
import { open as edit } from "../static/js/cell_edits.js";
import { ask } from "../static/js/dialogs.js";
import { isChanged } from "../static/js/guards.js";
import { send } from "../static/js/sessions.js";
import { offer, seen } from "../static/js/shortcuts.js";
import { text } from "../static/js/texts.js";
import { show } from "../static/js/toasts.js";

const WIDE = window.matchMedia("(min-width: 1100px)");
const SLID = ".fw-gantt, .fw-board, .fw-scroll";  // what scrolls sideways in a list
const list = () => document.getElementById("list");
const rows = () => [...(list()?.querySelectorAll("tr[data-href], [data-card][data-href]") ?? [])].filter((row) => row.offsetParent);
const current = () => list()?.querySelector(".is-current");
const panel = () => document.getElementById("panel");
let shown = "";                                // the address of the record in the panel

const idOf = (row) => row?.dataset.href.split("/").pop() ?? "";

function address(id) {
  const url = new URL(window.location.href);
  if (id) url.searchParams.set("open", id);
  else url.searchParams.delete("open");
  return url;
}

function mark(row) {
  current()?.classList.remove("is-current");
  row?.classList.add("is-current");
  row?.scrollIntoView({ block: "nearest" });
}

function frame() {
  if (panel()) return panel();
  const made = document.createElement("aside");
  made.id = "panel";
  made.className = "fw-panel";
  made.tabIndex = -1;
  made.setAttribute("aria-labelledby", "panel-title");
  document.body.append(made);
  document.body.classList.add("fw-has-panel");
  return made;
}

async function load(href) {
  shown = href;
  const box = frame();
  box.classList.add("is-loading");
  const answer = await send(`${href}?panel=1`, { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
  if (shown !== href) return;                  // another row was opened since
  box.classList.remove("is-loading");
  if (!answer) return show(text("offline"), "danger");
  if (answer.status === 401) return window.location.assign(href);
  box.innerHTML = await answer.text();
  htmx.process(box);
  document.dispatchEvent(new CustomEvent("content:added", { detail: { root: box } }));
}

/** Opens the record of a row; `quiet` leaves the history as it is. */
function open(row, quiet = false) {
  mark(row);
  if (!quiet) {
    const step = shown ? "replaceState" : "pushState";
    window.history[step]({ panel: idOf(row) }, "", address(idOf(row)));
  }
  load(row.dataset.href);
}

function shut() {
  if (!panel()) return;
  shown = "";
  panel().remove();
  document.body.classList.remove("fw-has-panel");
  current()?.querySelector("a")?.focus({ preventScroll: true });
}

const typed = () => [...(panel()?.querySelectorAll("form[data-form]") ?? [])].some(isChanged);
const free = async () => !typed() || ask(text("leave"));

async function close() {
  if (!(await free())) return;
  shown = "";                                  // a second Escape, before the history has gone back, closes nothing more
  if (window.history.state?.panel) return window.history.back();
  window.history.replaceState(null, "", address(""));
  shut();
}

function follow() {
  const id = new URL(window.location.href).searchParams.get("open");
  const row = id && rows().find((one) => idOf(one) === id);
  if (row && WIDE.matches) open(row, true);
  else shut();
}

async function onBack() {
  const id = shown && idOf(current());
  if (shown && !(await free())) return window.history.pushState({ panel: id }, "", address(id));
  follow();
}

// The list as it is now, where it stands: an action in the panel may have changed the row, or taken it away.
async function renew() {
  const answer = await fetch(window.location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || !list()) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("list");
  if (!fresh) return;
  const back = focused();
  const slid = list().querySelector(SLID)?.scrollLeft ?? 0;
  list().replaceChildren(...fresh.childNodes);
  recount(page);
  htmx.process(list());
  document.dispatchEvent(new CustomEvent("content:added", { detail: { root: list() } }));
  mark(rows().find((row) => row.dataset.href === shown));
  if (slid) list().querySelector(SLID)?.scrollTo({ left: slid, behavior: "instant" });
  back();
}

// The numbers beside the places of the frame, which the page that came tells anew.
function recount(page) {
  document.querySelectorAll('.fw-top a[href$="/tasks"], .fw-bottom a[href$="/tasks"]').forEach((old) => {
    const fresh = page.querySelector(`${old.closest(".fw-top") ? ".fw-top" : ".fw-bottom"} a[href$="/tasks"]`);
    if (!fresh) return;
    old.innerHTML = fresh.innerHTML;
    if (fresh.hasAttribute("aria-label")) old.setAttribute("aria-label", fresh.getAttribute("aria-label"));
  });
}

// What was open is done: the one after it opens (or the one before, at the end), and the list is as it is now.
async function onward() {
  const all = rows();
  const at = all.indexOf(current());
  const { href } = (all[at + 1] ?? all[at - 1])?.dataset ?? {};
  await renew();
  const row = href && rows().find((one) => one.dataset.href === href);
  if (row) open(row);
  else if (shown) close();
  panel()?.focus({ preventScroll: true });
}

// Where the keyboard stood in the list, to stand there again: the same part of the same record, or what has the id.
function focused() {
  const was = document.activeElement;
  if (!list()?.contains(was)) return () => {};
  const { href } = was.closest("[data-href]")?.dataset ?? {};
  const part = [".fw-tile-move", "[role=treeitem]"].find((one) => was.matches(one)) ?? "a";
  const itself = was.dataset.href !== undefined;
  return () => {
    const row = href && rows().find((one) => one.dataset.href === href);
    const found = row ? (itself ? row : row.querySelector(part)) : was.id ? document.getElementById(was.id) : null;
    found?.focus({ preventScroll: true });
  };
}

async function step(by) {
  const all = rows();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  if (!next) return;
  if (shown) return (await free()) && open(next);
  mark(next);
  next.querySelector("a")?.focus({ preventScroll: true });
}

async function onClick(event) {
  const button = event.target.closest?.("[data-panel]");
  if (button) return { next: () => step(1), previous: () => step(-1), close }[button.dataset.panel]?.();
  const row = event.target.closest?.("#list tr[data-href], #list [data-card][data-href]");
  if (!row || !WIDE.matches || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const other = event.target.closest("a, button, input, label, select, textarea, summary, [data-cell-form]");
  if ((other && !other.matches(".fw-row-link")) || window.getSelection().toString()) return;
  event.preventDefault();
  event.stopPropagation();
  if (await free()) open(row);
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  x: () => current()?.querySelector('input[name="id"]')?.click(),
  e: () => [...(current()?.querySelectorAll("td[data-path]") ?? [])].some((cell) => cell.closest("table").dataset.editable.split(",").includes(cell.dataset.path) && (edit(cell), true)),
  Escape: () => shown && close(),
};

function onKey(event) {
  if (!list() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input:not([type=checkbox]), select, textarea, [contenteditable], .ts-wrapper, details[data-popover][open]")) return;
  if (!KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
}

export function start() {
  offer(1, "J K", "key_step", () => rows().length > 0);
  offer(1, "↵", "key_open", () => rows().length > 0 && WIDE.matches);
  offer(1, "X", "key_tick", () => seen('#list input[name="id"]'));
  offer(1, "E F2", "key_cell", () => seen('#list table[data-editable]:not([data-editable=""])'));
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey);
  window.addEventListener("popstate", onBack);
  document.addEventListener("list:changed", (event) => {
    if (shown) load(event.detail.url?.split("?")[0] || shown);
    renew();
  });
  document.addEventListener("list:next", onward);
  document.addEventListener("htmx:wanted", (event) => htmx.process(event.detail.element));
  if (list()) follow();
}
