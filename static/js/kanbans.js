// Cards that are dragged from column to column. The server says what a move means; a refused card goes back and the
// reason is told. Keyboard and phone use the card's own button.

import { refuse, send } from "./moves.js";

let held = null;                              // the card, and where it was

function lift(event) {
  const card = event.target.closest?.("[data-board] [data-card]");
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

async function drop(event) {
  const lane = event.target.closest?.("[data-lane]");
  if (!held || !lane) return;
  event.preventDefault();
  const { card, parent, next } = held;
  lane.classList.remove("is-over");
  if (lane === card.closest("[data-lane]")) return;
  lane.querySelector("ul").prepend(card);
  const told = await send(card, "moves", { view: lane.closest("[data-board]").dataset.board, to: lane.dataset.lane });
  if (told === null) return;
  parent.insertBefore(card, next);
  refuse(card, told);
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
