// A tree of records: branches are opened and shut, what is open stands in the address; arrow keys walk through it as
// in any tree. Knows no field.

import { send } from "./sessions.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

const tree = () => document.querySelector("[data-tree]");
const item = (node) => node.querySelector(":scope > [role=treeitem]");
const group = (node) => node.querySelector(":scope > ul[role=group]");
const shown = () => [...(tree()?.querySelectorAll("[data-node]") ?? [])].filter((node) => node.offsetParent);

function remember(id, open) {
  const url = new URL(window.location.href);
  const ids = new Set((url.searchParams.get("expanded") ?? "").split(",").filter(Boolean));
  if (open) ids.add(id);
  else ids.delete(id);
  if (ids.size) url.searchParams.set("expanded", [...ids].join(","));
  else url.searchParams.delete("expanded");
  window.history.replaceState(window.history.state, "", url);
}

async function fetched(node) {
  const url = node.dataset.branch;
  if (!url) return true;
  const answer = await send(url, { headers: { "HX-Request": "true", Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) {
    show(text(answer ? "failed" : "offline"), "danger");
    return false;
  }
  if (!node.dataset.branch) return true;       // it came twice
  delete node.dataset.branch;
  group(node).insertAdjacentHTML("afterbegin", await answer.text());
  document.dispatchEvent(new CustomEvent("htmx:wanted", { detail: { element: group(node) } }));
  return true;
}

async function set(node, open) {
  if (!item(node).hasAttribute("aria-expanded") || (open && !(await fetched(node)))) return;
  item(node).setAttribute("aria-expanded", String(open));
  group(node).hidden = !open;
  if (!open && group(node).contains(document.activeElement)) go(node);
  remember(node.dataset.node, open);
}

function go(node) {
  if (!node) return;
  tree().querySelectorAll('[role=treeitem][tabindex="0"]').forEach((one) => { one.tabIndex = -1; });
  item(node).tabIndex = 0;
  item(node).focus();
}

const isOpen = (node) => item(node).getAttribute("aria-expanded") === "true";

function step(node, by) {
  const all = shown();
  go(all[all.indexOf(node) + by]);
}

const KEYS = {
  ArrowDown: (node) => step(node, 1),
  ArrowUp: (node) => step(node, -1),
  ArrowRight: (node) => (isOpen(node) ? go(group(node).querySelector("[data-node]")) : set(node, true)),
  ArrowLeft: (node) => (isOpen(node) ? set(node, false) : go(node.parentElement.closest("[data-node]"))),
  Home: () => go(shown()[0]),
  End: () => go(shown().at(-1)),
  Enter: (node) => node.querySelector(".fw-row-link").click(),
  " ": (node) => set(node, !isOpen(node)),
};

function onKey(event) {
  if (!event.target.matches?.("[data-tree] [role=treeitem]") || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key](event.target.closest("[data-node]"));
}

function onClick(event) {
  const toggle = event.target.closest?.("[data-toggle]");
  const node = toggle?.closest("[data-node]");
  if (!node) return;
  event.preventDefault();
  event.stopPropagation();
  set(node, !isOpen(node));
}

/** One node of a tree can be reached by Tab: the one that was, else the first. */
export function prepare(root) {
  const found = root.querySelector?.("[data-tree]") ?? root.closest?.("[data-tree]");
  if (found && !found.querySelector('[role=treeitem][tabindex="0"]')) found.querySelector("[role=treeitem]")?.setAttribute("tabindex", "0");
}

export function start() {
  window.addEventListener("click", onClick, true);  // before the row opens beside the list
  document.addEventListener("keydown", onKey);
}
