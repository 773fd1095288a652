// Moving the rows of a grid: dragged by their number (mouse, pen, finger) or with Alt+Shift and an arrow. Knows no field.

import { controlAt, focus, inGrid, rows, tell } from "./lines.js";
import { offer, seen } from "./shortcuts.js";

let dragged = null;                     // {grid, row, moved} while a row is being dragged

const handleOf = (element) => element.closest?.("[data-lines] [data-row-handle]");

/** Puts a row `step` places further; false at either end. */
function shift(grid, row, step) {
  const all = rows(grid);
  const target = all[all.indexOf(row) + step];
  if (!target) return false;
  if (step > 0) target.after(row);
  else target.before(row);
  return true;
}

function onKey(event) {
  if (!event.altKey || !event.shiftKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  const row = event.target.closest?.("[data-row]");
  const grid = row && inGrid(row);
  if (!grid?.querySelector("[data-row-handle]")) return;
  event.preventDefault();
  event.stopPropagation();
  const control = controlAt(event);
  const from = document.activeElement;
  if (!shift(grid, row, event.key === "ArrowDown" ? 1 : -1)) return;
  tell(grid);
  if (control) focus(control);          // a row that is moved loses the focus
  else from?.focus();
}

function onDown(event) {
  const handle = event.button === 0 && handleOf(event.target);
  if (!handle) return;
  const row = handle.closest("[data-row]");
  dragged = { grid: inGrid(row), row, moved: false };
  handle.setPointerCapture(event.pointerId);
  row.classList.add("is-dragged");
  event.preventDefault();
}

/** The other row over whose middle the pointer has passed, and on which side it lies. */
function passed(y) {
  const all = rows(dragged.grid);
  const at = all.indexOf(dragged.row);
  const middle = (row) => { const box = row.getBoundingClientRect(); return box.top + box.height / 2; };
  const above = all.findIndex((row, index) => index < at && y < middle(row));
  if (above >= 0) return above - at;
  const below = all.findLastIndex((row, index) => index > at && y > middle(row));
  return below >= 0 ? below - at : 0;
}

function onMove(event) {
  if (!dragged) return;
  const step = passed(event.clientY);
  if (step && shift(dragged.grid, dragged.row, step)) dragged.moved = true;
}

function onUp() {
  if (!dragged) return;
  dragged.row.classList.remove("is-dragged");
  if (dragged.moved) tell(dragged.grid);
  dragged = null;
}

export function start() {
  offer(3, "Alt+Shift+↑ Alt+Shift+↓", "key_move", () => seen("[data-lines] [data-row-handle]"));
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("pointerdown", onDown);
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp);
  document.addEventListener("pointercancel", onUp);
}
