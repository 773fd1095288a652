// The keys that are in force on this page: every module offers those that it listens to; `?` or the menu shows them.

import { text } from "./texts.js";

const TYPING = "input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable], .ts-wrapper, details[data-popover][open]";
const offered = [];

/** Offers keys (apart by spaces) to the list, with the name of a text that says what they do; `inForce` tells whether
 * they do it on the page as it stands. Those that belong together have one `place` in the list. */
export function offer(place, keys, name, inForce = () => true) {
  offered.push({ place, keys, name, inForce });
  offered.sort((one, other) => one.place - other.place);      // stable: the order of offering within a place
}

/** Whether something of a selector is in sight. */
export const seen = (selector) => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility());

function line({ keys, name }) {
  const made = document.createElement("div");
  const term = document.createElement("dt");
  for (const key of keys.split(" ")) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    term.append(cap, " ");
  }
  const said = document.createElement("dd");
  said.textContent = text(name);
  made.append(term, said);
  return made;
}

function list() {
  const template = document.getElementById("keys");
  const dialog = document.getElementById("dialog");
  if (!template || !dialog || dialog.open) return;
  const lines = offered.filter((one) => one.inForce()).map(line);
  dialog.replaceChildren(template.content.cloneNode(true));
  dialog.querySelector(".fw-keys").append(...lines);
  dialog.showModal();
}

function onKey(event) {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.(TYPING)) return;
  event.preventDefault();
  list();
}

export function start() {
  offer(9, "Esc", "key_close");
  offer(9, "?", "key_keys");
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => event.target.closest?.("[data-shortcuts]") && list());
}
