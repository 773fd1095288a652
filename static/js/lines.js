// The grid of line items: rows added, copied, removed; moving by keys. Knows no field.

import { setText } from "./paths.js";
import { offer, seen } from "./shortcuts.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

const SENT = 300;                        // milliseconds after which a form that was sent has been read
const TYPABLE = "input:not([type=hidden]), select, textarea";

/** The rows of a grid, in order. */
export const rows = (grid) => [...grid.querySelectorAll("[data-row]")];
/** The controls of a row, by column; null where a column is shown only. */
export const controlsOf = (row) => [...row.querySelectorAll("td[data-column]")].map((cell) => cell.querySelector("[data-path]"));
/** The grid around an element. */
export const inGrid = (element) => element.closest?.("[data-lines]");

// Counted once: whatever is added later has an index of its own, also after rows were taken out.
function nextIndex(grid, count = 1) {
  if (grid.dataset.next === undefined) {
    const pattern = new RegExp(`^${grid.dataset.lines}\\.(\\d+)\\.`);
    const used = [...grid.querySelectorAll("[data-row] [name]")].map((one) => Number(pattern.exec(one.name)?.[1] ?? -1));
    grid.dataset.next = Math.max(-1, ...used) + 1;
  }
  const next = Number(grid.dataset.next);
  grid.dataset.next = next + count;
  return next;
}

function renumber(grid) {
  rows(grid).forEach((row, index) => {
    const place = row.querySelector("[data-number]");
    if (place) place.textContent = index + 1;
  });
}

/** Counts the rows anew and says that they have changed. */
export function tell(grid, path = "") {
  renumber(grid);
  grid.dispatchEvent(new CustomEvent("lines:changed", { bubbles: true, detail: { path: path || grid.dataset.lines } }));
}

const room = (grid) => (grid.dataset.max ? Number(grid.dataset.max) - rows(grid).length : Infinity);
const isFull = (grid) => room(grid) <= 0;

/** Adds empty rows after `after` (or at the end), as many as are allowed, and gives them. */
export function addMany(grid, count, after = null) {
  const template = grid.querySelector("template[data-row-template]");
  const fitting = template ? Math.max(0, Math.min(count, room(grid))) : 0;
  if (template && fitting < count) show(text("rows_full"), "warning");
  if (!fitting) return [];
  const first = nextIndex(grid, fitting);
  const made = document.createElement("template");
  made.innerHTML = Array.from({ length: fitting }, (_, place) => template.innerHTML.replaceAll("__index__", first + place)).join("");
  const added = [...made.content.querySelectorAll("[data-row]")];
  if (after) after.after(made.content);
  else grid.querySelector("[data-rows]").append(made.content);
  for (const row of added) document.dispatchEvent(new CustomEvent("content:added", { detail: { root: row } }));
  return added;
}

/** Adds an empty row after `after` (or at the end) and gives it; null if no more rows are allowed. */
export const add = (grid, after = null) => addMany(grid, 1, after)[0] ?? null;

const focusFirst = (row) => focus(row?.querySelector(`td[data-column] :is(${TYPABLE})`));

/** Puts the cursor into a control, its text selected. */
export function focus(control) {
  if (!control) return;
  if (control.tomselect) control.tomselect.focus();
  else {
    control.focus();
    control.select?.();
  }
}

/** Puts a value into a control as if somebody had typed it. */
export function change(control, value, title) {
  setText(control, value, title);
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new CustomEvent("change", { bubbles: true, detail: { typed: true } }));
}

function optionsOf(control) {
  const chosen = control.selectedOptions?.[0];
  return chosen ? chosen.textContent : "";
}

function copyRow(grid, row) {
  const made = add(grid, row);
  if (!made) return;
  const targets = controlsOf(made);
  controlsOf(row).forEach((control, index) => {
    if (!control || !targets[index]) return;
    const value = control.type === "checkbox" ? String(control.checked) : control.value;
    setText(targets[index], value, optionsOf(control));
  });
  tell(grid);
  focusFirst(made);
}

function remove(grid, row) {
  if (rows(grid).length <= Number(grid.dataset.min || 0)) return;
  const beside = row.nextElementSibling ?? row.previousElementSibling;
  row.querySelectorAll("select").forEach((select) => select.tomselect?.destroy());
  row.remove();
  tell(grid);
  if (beside) focusFirst(beside);
  else focus(grid.querySelector("[data-row-add]"));
}

function onClick(event) {
  const grid = inGrid(event.target);
  if (!grid) return;
  const row = event.target.closest("[data-row]");
  if (event.target.closest("[data-row-add]")) {
    const made = add(grid);
    if (made) { tell(grid); focusFirst(made); }
  } else if (event.target.closest("[data-row-copy]")) copyRow(grid, row);
  else if (event.target.closest("[data-row-remove]")) remove(grid, row);
}

/** The control in the same column of the row `step` further; null at either end. */
function beside(grid, control, step) {
  const all = rows(grid);
  const row = control.closest("[data-row]");
  const column = control.closest("[data-column]")?.dataset.column;
  const target = all[all.indexOf(row) + step];
  return target?.querySelector(`[data-column="${CSS.escape(column ?? "")}"] [data-path]`) ?? null;
}

function down(grid, control) {
  const below = beside(grid, control, 1);
  if (below) return focus(below);
  const made = add(grid);
  if (!made) return undefined;
  tell(grid);
  return focusFirst(made);
}

function fillDown(grid, control) {
  const above = beside(grid, control, -1);
  if (above) change(control, above.value, optionsOf(above));
}

function isLastCell(grid, control) {
  const typable = controlsOf(rows(grid).at(-1)).filter((one) => one && !one.readOnly && !one.disabled && one.tagName !== "OUTPUT");
  return typable.at(-1) === control;
}

function isEmptyRow(row) {
  return controlsOf(row).every((one) => !one || one.type === "checkbox" || !one.value);
}

/** The control behind a key event: in a select box the focus is in an input of the box's own. */
export function controlAt(event) {
  const cell = event.target.closest("[data-column]");
  return cell?.querySelector("[data-path]") ?? null;
}

function onKey(event) {
  const grid = inGrid(event.target);
  const control = grid && controlAt(event);
  if (!control || event.isComposing) return;         // Enter takes what an input method offers
  const open = control.tomselect?.isOpen;
  const handled = (action) => { event.preventDefault(); event.stopPropagation(); action(); };
  if (event.key === "Enter" && !open && !event.ctrlKey && !event.metaKey && control.tagName !== "TEXTAREA") handled(() => down(grid, control));
  else if (event.altKey && !event.shiftKey && event.key === "ArrowDown") handled(() => focus(beside(grid, control, 1)));
  else if (event.altKey && !event.shiftKey && event.key === "ArrowUp") handled(() => focus(beside(grid, control, -1)));
  else if (event.ctrlKey && event.key === "d") handled(() => fillDown(grid, control));
  else if (event.key === "Tab" && !event.shiftKey && !open && isLastCell(grid, control) && !isEmptyRow(rows(grid).at(-1)) && !isFull(grid)) {
    handled(() => { const made = add(grid); if (made) { tell(grid); focusFirst(made); } });
  }
}

/** Whether a row is as it was offered, and could not be saved like that. */
function isLeftAlone(row) {
  if (row.dataset.edited !== undefined || row.querySelector("input[type=hidden][name$='.id']")?.value) return false;
  return [...row.querySelectorAll("[data-path][required]")].some((control) => !control.value);
}

// A row that was offered and that nobody has touched is no line: it is not sent. The form may come back: then it is there again.
function onSubmit(event) {
  const rest = [...event.target.querySelectorAll("[data-lines] [data-row]")].filter(isLeftAlone);
  const controls = rest.flatMap((row) => [...row.querySelectorAll("[name]")].filter((one) => !one.disabled));
  controls.forEach((control) => { control.disabled = true; });
  setTimeout(() => controls.forEach((control) => { control.disabled = false; }), SENT);
}

export function start() {
  const filled = () => seen("[data-lines] [data-row-add]");
  offer(3, "↵", "key_down", filled);
  offer(3, "Tab", "key_add_row", filled);
  offer(3, "Alt+↑ Alt+↓", "key_beside", filled);
  offer(3, "Ctrl+D", "key_fill", filled);
  for (const kind of ["input", "change"]) {
    document.addEventListener(kind, (event) => event.target.closest?.("[data-row]")?.setAttribute("data-edited", ""), true);
  }
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey, true);
}
