// The columns of a list: dragged wider at their edge, sorted by several with Shift, put in order in their panel.

import { send } from "./sessions.js";

const LEAST = 40;

function grips(table) {
  if (table.dataset.gripped || !window.matchMedia("(min-width: 768px)").matches) return;
  table.dataset.gripped = "yes";
  for (const head of table.querySelectorAll("th[data-column]")) {
    const grip = document.createElement("span");
    grip.className = "fw-grip";
    grip.setAttribute("aria-hidden", "true");
    head.append(grip);
  }
}

// Columns keep the widths that they have now: only the one that is dragged changes.
function settle(table) {
  const heads = [...table.tHead.rows[0].cells];
  let group = table.querySelector("colgroup");
  if (!group) {
    group = document.createElement("colgroup");
    group.append(...heads.map(() => document.createElement("col")));
    table.prepend(group);
  }
  heads.forEach((head, place) => group.children[place].setAttribute("width", Math.round(head.getBoundingClientRect().width)));
  table.classList.add("is-sized");
  return [...group.children];
}

function keep(table, cols) {
  const body = new URLSearchParams({ view: table.dataset.view });
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    if (!head.dataset.column) return;
    body.append("column", head.dataset.column);
    body.append("width", cols[place].getAttribute("width"));
  });
  send(table.dataset.widths, { method: "POST", body }).catch(() => {});
}

function onGrip(event) {
  const grip = event.target.closest?.(".fw-grip");
  if (!grip) return;
  event.preventDefault();
  const head = grip.closest("th");
  const table = head.closest("table");
  const cols = settle(table);
  const col = cols[head.cellIndex];
  const [from, width] = [event.clientX, Number(col.getAttribute("width"))];
  const move = (moved) => col.setAttribute("width", Math.max(LEAST, Math.round(width + moved.clientX - from)));
  grip.classList.add("is-held");
  grip.setPointerCapture(event.pointerId);
  grip.addEventListener("pointermove", move);
  grip.addEventListener("pointerup", () => {
    grip.removeEventListener("pointermove", move);
    grip.classList.remove("is-held");
    keep(table, cols);
  }, { once: true });
}

function onClick(event) {
  const grip = event.target.closest?.(".fw-grip");
  if (grip) return event.preventDefault();
  const sort = event.target.closest?.("a.fw-sort[data-more]");
  if (sort && event.shiftKey) {
    event.preventDefault();
    window.location.assign(sort.dataset.more);
  }
  const mover = event.target.closest?.("[data-order] [data-move]");
  if (!mover) return;
  const item = mover.closest("li");
  if (mover.dataset.move === "-1") item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  mover.focus();
}

let dragged = null;

function onDrag(event) {
  const item = event.target.closest?.("[data-order] > li");
  if (event.type === "dragstart") dragged = item;
  if (!dragged) return;
  dragged.classList.toggle("is-dragged", event.type !== "dragend");
  if (event.type === "dragend") dragged = null;
  else if (event.type === "dragover" && item && item !== dragged && item.parentNode === dragged.parentNode) {
    event.preventDefault();
    const box = item.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) item.before(dragged);
    else item.after(dragged);
  }
}

export function start() {
  document.addEventListener("pointerdown", onGrip);
  document.addEventListener("click", onClick);
  for (const name of ["dragstart", "dragover", "dragend"]) document.addEventListener(name, onDrag);
}

export function prepare(root) {
  root.querySelectorAll("table[data-widths]").forEach(grips);
}
