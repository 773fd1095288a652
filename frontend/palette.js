// The quick way to everything (Ctrl+K or ⌘K): pages, records, what can be begun, and the buttons of the page at hand.

import htmx from "htmx.org/dist/htmx.esm.js";
import { close } from "../static/js/dialogs.js";
import { fits } from "../static/js/finders.js";
import { offer } from "../static/js/shortcuts.js";
import { text } from "../static/js/texts.js";

const PRESSABLE = ".fw-actions :is(a, button), .fw-tabs a";
const MOST = 6;

let stale = false;                      // the list is that of words which have changed since
let entered = false;                    // Enter was pressed meanwhile: it means the list that comes

const box = () => document.querySelector("[data-palette-box]");
const options = () => [...box().querySelectorAll('[role="option"]')];
const active = () => box().querySelector('[role="option"][aria-selected="true"]');

function open() {
  const address = document.querySelector("[data-palette]")?.dataset.palette;
  if (!address || document.querySelector("dialog[open]")) return false;
  stale = entered = false;
  htmx.ajax("GET", address, { target: "#dialog", swap: "innerHTML" });
  return true;
}

function choose(option) {
  options().forEach((one) => one.setAttribute("aria-selected", one === option));
  const field = box().querySelector("input");
  if (!option) return field.removeAttribute("aria-activedescendant");
  option.id ||= `palette-${options().indexOf(option)}`;
  field.setAttribute("aria-activedescendant", option.id);
  return option.scrollIntoView({ block: "nearest" });
}

/** The buttons of the page itself that fit the words, as the first entries. */
function offerHere(list, words) {
  const labelled = [...document.querySelectorAll(PRESSABLE)]
    .filter((one) => one.checkVisibility() && one.getAttribute("aria-disabled") !== "true" && !one.disabled)
    .map((one) => [one, one.textContent.trim() || one.getAttribute("aria-label") || ""])
    .filter(([, label]) => label && fits(label, words)).slice(0, MOST);
  if (!labelled.length) return;
  const group = document.createElement("div");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", text("here"));
  const title = Object.assign(document.createElement("p"), { className: "fw-palette-title", textContent: text("here") });
  title.setAttribute("aria-hidden", "true");
  group.append(title);
  for (const [element, label] of labelled) {
    const entry = Object.assign(document.createElement("button"), { type: "button", textContent: label, tabIndex: -1 });
    entry.setAttribute("role", "option");
    entry.addEventListener("click", () => { close(); element.focus(); element.click(); });
    group.append(entry);
  }
  list.querySelector(".fw-palette-none")?.remove();
  list.prepend(group);
}

function onSwap() {
  const list = box()?.querySelector("#palette-found");
  const fresh = list?.querySelector("[data-palette-new]");
  if (!fresh) return;                   // something else on the page was swapped
  fresh.remove();
  stale = false;
  const words = box().querySelector("input").value.trim();
  if (words) offerHere(list, words);    // without words they are in sight anyway
  choose(options()[0]);
  if (entered) active()?.click();
  entered = false;
}

function onInput(event) {
  if (!event.target.matches?.("#palette-words")) return;
  stale = true;
  entered = false;
}

function step(by) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(active()) + by + all.length) % all.length]);
}

function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    if (box()) close();
    else if (!open()) return;
    event.preventDefault();
    return;
  }
  if (!box() || !event.target.matches?.("#palette-words") || event.isComposing) return;
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  if (moves[event.key]) step(moves[event.key]);
  else if (event.key === "Enter" && stale) entered = true;
  else if (event.key === "Enter") active()?.click();
  else return;
  event.preventDefault();
}

export function start() {
  offer(0, "Ctrl+K", "key_palette", () => Boolean(document.querySelector("[data-palette]")));
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", onInput);
  document.addEventListener("htmx:after:swap", onSwap);
}
