// Cards that are dragged from column to column. The server says what a move means; a refused card goes back and the
// reason is told. Keyboard and phone use the card's own button.

import { send } from "./sessions.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

let held = null;                              // the card, and where it was

function lift(event) {
  const card = event.target.closest?.("[data-card]");
  if (!card) return;
  held = { card, parent: card.parentNode, next: card.nextSibling };
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset.href);
  card.classList.add("is-dragged");
}

function over(event) {
  const lane = event.target.closest?.("[data-lane]");
  document.querySelectorAll(".fw-lane.is-over").forEach((one) => one !== lane && one.classList.remove("is-over"));
  if (!held || !lane) return;
  event.preventDefault();
  lane.classList.toggle("is-over", lane !== held.card.closest("[data-lane]"));
}

function back({ card, parent, next }) {
  parent.insertBefore(card, next);
  card.classList.add("is-back");
  setTimeout(() => card.classList.remove("is-back"), 900);
}

function ask(url) {
  const opener = document.createElement("button");
  opener.hidden = true;
  for (const [name, value] of Object.entries({ "hx-get": url, "hx-target": "#dialog", "hx-swap": "innerHTML", "hx-trigger": "click" })) opener.setAttribute(name, value);
  document.body.append(opener);
  document.dispatchEvent(new CustomEvent("htmx:wanted", { detail: { element: opener } }));
  opener.click();
  setTimeout(() => opener.remove(), 5000);
}

async function drop(event) {
  const lane = event.target.closest?.("[data-lane]");
  if (!held || !lane) return;
  event.preventDefault();
  const was = held;
  const { card } = was;
  lane.classList.remove("is-over");
  if (lane === card.closest("[data-lane]")) return;
  lane.querySelector("ul").prepend(card);
  const body = new URLSearchParams({ view: lane.closest("[data-board]").dataset.board, to: lane.dataset.lane, _version: card.dataset.version });
  const answer = await send(`${card.dataset.href}/moves`, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (answer?.ok && told?.done) {
    show(told.said, "success");
    document.dispatchEvent(new CustomEvent("list:changed", { detail: { url: "" } }));
    return;
  }
  back(was);
  if (told?.ask || told?.choose) ask(told.ask ?? told.choose);
  else show(told?.detail ?? text(answer ? "failed" : "offline"), "danger");
}

function end() {
  held?.card.classList.remove("is-dragged");
  document.querySelectorAll(".fw-lane.is-over").forEach((one) => one.classList.remove("is-over"));
  held = null;
}

export function start() {
  document.addEventListener("dragstart", lift);
  document.addEventListener("dragover", over);
  document.addEventListener("drop", drop);
  document.addEventListener("dragend", end);
}
