// Records that are dragged to another day of a calendar, along a timeline, or below another record of a tree. The
// server says what a move means; what is refused goes back and the reason is told. Keyboard and phone: the card's button.

import { refuse, send } from "./moves.js";
import { offer, seen } from "./shortcuts.js";

const DAY = 86400000;
let held = null;                              // the card, the day at which it was taken up
let bar = null;                               // the bar of a timeline under the pointer

const days = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY);
const under = (event, selector) => document.elementsFromPoint(event.clientX, event.clientY).map((one) => one.closest(selector)).find(Boolean);
const scene = (element) => element?.closest?.("[data-places]");

function lift(event) {
  const card = event.target.closest?.("[data-places] [data-card]");
  if (!card) return;
  held = { card, day: under(event, "[data-day]")?.dataset.day };
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset.href);
  card.classList.add("is-dragged");
}

/** What lies under a card that is dragged: a day, a record of a tree, a day of a timeline. */
function target(event) {
  if (!held || scene(event.target) !== scene(held.card)) return null;
  if (held.card.matches("[data-later]")) return under(event, "[data-track]");
  return under(event, held.card.matches("[data-node]") ? "[data-above]" : "[data-day]");
}

function mark(element) {
  document.querySelectorAll("[data-places] .is-over").forEach((one) => one !== element && one.classList.remove("is-over"));
  element?.classList.add("is-over");
}

function over(event) {
  const found = target(event);
  mark(found);
  if (found) event.preventDefault();
}

const dayOf = (track, x) => {
  const box = track.getBoundingClientRect();
  const at = Math.min(Math.max(Math.floor(((x - box.left) / box.width) * track.dataset.days), 0), track.dataset.days - 1);
  return new Date(Date.parse(track.dataset.first) + at * DAY).toISOString().slice(0, 10);
};

/** What a drop asks the server for; null where nothing would change. */
function asked(found, event) {
  if (found.dataset.track !== undefined) return { edge: "move", day: dayOf(found, event.clientX) };
  if (found.dataset.day) {
    const by = days(held.day, found.dataset.day);
    return by ? { edge: "move", days: by } : null;
  }
  const { card } = held;
  const now = card.parentElement.closest("[data-node]")?.dataset.node ?? "";
  return found.dataset.above === now || found.dataset.above === card.dataset.node ? null : { above: found.dataset.above };
}

async function drop(event) {
  const found = target(event);
  if (!found) return;
  event.preventDefault();
  const { card } = held;
  const body = asked(found, event);
  if (body) await move(card, body);
}

async function move(card, body) {
  card.classList.add("is-moving");
  const told = await send(card, "place", { view: scene(card).dataset.places, ...body });
  card.classList.remove("is-moving");
  if (told !== null) refuse(card, told);
}

function end() {
  held?.card.classList.remove("is-dragged");
  mark(null);
  held = null;
}

// ---- bars of a timeline

function grasp(event) {
  const element = event.target.closest?.("[data-bar]");
  if (!element || event.button || event.pointerType === "touch") return;
  const track = element.closest("[data-track]");
  bar = { element, edge: event.target.dataset.edge ?? "move", x: event.clientX, by: 0, step: track.clientWidth / track.dataset.days };
  element.setPointerCapture(event.pointerId);
}

function slide(event) {
  if (!bar) return;
  bar.by = Math.round((event.clientX - bar.x) / bar.step);
  const { style } = bar.element;
  const px = `${bar.by * bar.step}px`;
  if (bar.edge === "move") style.translate = px;
  else if (bar.edge === "start") style.marginLeft = px;
  else style.marginRight = `${-bar.by * bar.step}px`;
  bar.element.classList.toggle("is-dragged", bar.by !== 0);
}

async function loose() {
  if (!bar) return;
  const { element, edge, by } = bar;
  bar = null;
  if (!by) return;
  window.addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", stop, { capture: true }), 0);
  await move(element.closest("[data-card]"), { edge, days: by });
  element.classList.remove("is-dragged");
  Object.assign(element.style, { translate: "", marginLeft: "", marginRight: "" });
}

function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

function letGo() {
  if (!bar) return;
  Object.assign(bar.element.style, { translate: "", marginLeft: "", marginRight: "" });
  bar.element.classList.remove("is-dragged");
  bar = null;
}

function onKey(event) {
  if (event.key === "Escape" && bar) return letGo();
  if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input, select, textarea, [contenteditable], .ts-wrapper, details[data-popover][open]")) return;
  const card = event.target.closest?.("#list [data-card]") ?? document.querySelector("#list [data-card].is-current");
  const button = card?.querySelector(".fw-tile-move");
  if (!button) return;
  event.preventDefault();
  button.click();
}

export function start() {
  offer(1, "M", "key_place", () => seen("#list [data-card] .fw-tile-move"));
  document.addEventListener("dragstart", lift);
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  document.addEventListener("dragend", end);
  document.addEventListener("pointerdown", grasp);
  document.addEventListener("pointermove", slide);
  document.addEventListener("pointerup", loose);
  document.addEventListener("pointercancel", letGo);
  document.addEventListener("keydown", onKey);
}
