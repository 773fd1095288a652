// Cells copied from a spreadsheet, pasted into the grid of line items: all links are asked for at once, then the rows filled.

import * as cells from "./cells.js";
import { addMany, change, controlAt, controlsOf, inGrid, rows, tell } from "./lines.js";
import { post } from "./requests.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

const SHOWN = 5;                        // texts that were not found and are told

/** The records that many texts mean in a link's control: text → {id, title}, null where it is not clear. */
export async function named(control, words) {
  const url = new URL(control.dataset.link, window.location.href);
  url.pathname += "/named";
  const { found } = await post(url, new URLSearchParams(words.map((word) => ["q", word])));
  return found;
}

// What the links of these columns mean: place of the column → text → record.
async function linked(controls, table) {
  const asked = controls.map(async (control, place) => {
    const words = [...new Set(table.map((texts) => texts[place]).filter(Boolean))];
    return control?.dataset.link && words.length ? named(control, words) : {};
  });
  return Promise.all(asked);
}

const isTypable = (control) => control && !control.readOnly && !control.disabled && control.tagName !== "OUTPUT" && control.dataset.locked === undefined;

const errorAt = (control) => control.closest("td, .fw-field")?.querySelector("[data-error]");

/** Says at the control itself what it could not take; it stands until the control has a value. */
function blame(control, value) {
  const place = errorAt(control);
  if (!place) return;
  place.dataset.own = value;
  place.textContent = text("not_found", { text: value });
  place.hidden = false;
  [control, control.tomselect?.control_input].forEach((one) => one?.setAttribute("aria-invalid", "true"));
}

function forgive(event) {
  const place = event.target.value ? errorAt(event.target) : null;
  if (place?.dataset.own === undefined) return;
  delete place.dataset.own;
  place.hidden = true;
  [event.target, event.target.tomselect?.control_input].forEach((one) => one?.removeAttribute("aria-invalid"));
}

function putLink(control, value, known) {
  const found = value ? known[value] : { id: "", title: "" };
  if (found) change(control, String(found.id), found.title);
  else blame(control, value);
  return Boolean(found);
}

function putChoice(control, value) {
  const option = [...control.options].find((one) => one.value === value || one.textContent.trim() === value);
  if (option) change(control, option.value);
  return Boolean(option) || value === "";
}

/** Puts a cell's text into a control; false if it names nothing that the control may take. */
function put(control, value, known) {
  if (!isTypable(control)) return true;
  if (control.dataset.link) return putLink(control, value, known);
  if (control.tagName === "SELECT") return putChoice(control, value);
  if (control.type === "checkbox") change(control, String(/^(true|1|y|yes|是|√|✓)$/i.test(value)));
  else if (control.type === "date") change(control, cells.date(value));
  else change(control, control.dataset.scale !== undefined ? cells.number(value) : value);
  return true;
}

const isComputed = (control) => !control || control.tagName === "OUTPUT" || control.readOnly;

// Whether what stands at a place of the pasted rows can be meant for a control: words are not for a column of figures.
function fits(control, place, table) {
  const words = table.map((texts) => texts[place]).filter(Boolean);
  return control.dataset.scale === undefined || words.filter((word) => /\d/.test(word)).length * 2 >= words.length;
}

/** The columns that pasted cells go into, in their order: those that one types into (article and quantity are pasted, the
 * unit between them is computed), or all where the computed ones were copied along. */
function columns(controls, table) {
  const all = [...controls.keys()];
  const asked = all.filter((column) => !isComputed(controls[column]));
  const width = Math.max(...table.map((texts) => texts.length));
  const alone = width <= asked.length && asked.slice(0, width).every((column, place) => fits(controls[column], place, table));
  return alone ? asked : all;
}

async function fill(grid, start, table) {
  const row = start.closest("[data-row]");
  const first = controlsOf(row).indexOf(start);
  const given = controlsOf(row).slice(first);
  const order = columns(given, table);
  grid.setAttribute("aria-busy", "true");
  try {
    const known = await linked(order.map((column) => given[column]), table);
    const after = rows(grid).slice(rows(grid).indexOf(row));
    const targets = [...after, ...(after.length < table.length ? addMany(grid, table.length - after.length) : [])].slice(0, table.length);
    const missing = [];
    targets.forEach((target, line) => {
      const controls = controlsOf(target).slice(first);
      table[line].forEach((value, place) => { if (!put(controls[order[place]], value, known[place] ?? {})) missing.push(value); });
    });
    tell(grid);
    if (missing.length) show(text("not_found", { text: [...new Set(missing)].slice(0, SHOWN).join("”, “") }), "warning");
    else show(text("rows_pasted", { count: targets.length }), "success");
  } catch {
    show(text("offline"), "danger");
  } finally {
    grid.removeAttribute("aria-busy");
  }
}

function onPaste(event) {
  const grid = inGrid(event.target);
  const control = grid && controlAt(event);
  const table = control ? cells.split(event.clipboardData?.getData("text/plain") ?? "") : [];
  if (table.length < 2 && (table[0]?.length ?? 0) < 2) return;       // one cell: as usual
  event.preventDefault();
  fill(grid, control, table);
}

export function start() {
  document.addEventListener("paste", onPaste, true);
  document.addEventListener("change", forgive);
}
