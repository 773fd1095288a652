// Rows of other records brought into the lines of a form: asked of the server for the draft as it stands, ticked in a
// dialog, put into the grid as if somebody had typed them. Knows no field.

import { close, open } from "./dialogs.js";
import { addMany, change, focus, rows, tell } from "./lines.js";
import { post } from "./requests.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

const dialog = () => document.getElementById("dialog");
let asked = null;                       // the grid whose rows are being chosen

const at = (row, column) => row.querySelector(`[data-column="${CSS.escape(column)}"] [data-path]`);
const boxes = (place) => [...place.querySelectorAll("[data-pull-values]")];

/** Asks which rows there are, and shows them. */
async function ask(button) {
  const grid = button.closest("[data-lines]");
  const form = button.closest("form");
  const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await post(button.dataset.pull, body);
    asked = grid;
    dialog().innerHTML = answer.html;
    open();
    count();
  } catch {
    show(text("offline"), "danger");
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Boxes over others follow them; nothing ticked is nothing to bring in. */
function count() {
  const whole = dialog().querySelector("[data-pull-into]");
  if (!whole) return;
  const over = [[whole.querySelector("[data-pull-all]"), whole], ...[...whole.querySelectorAll("[data-pull-group]")].map((box) => [box, box.closest("tbody")])];
  for (const [box, place] of over) {
    if (!box) continue;
    const ticked = boxes(place).filter((one) => one.checked).length;
    box.checked = ticked > 0 && ticked === boxes(place).length;
    box.indeterminate = ticked > 0 && !box.checked;
  }
  const button = whole.querySelector("[data-pull-take]");
  if (button) button.disabled = !boxes(whole).some((one) => one.checked);
}

function onChange(event) {
  const box = event.target;
  if (!box.closest?.("[data-pull-into]")) return;
  if (box.matches("[data-pull-all]")) boxes(box.closest("[data-pull-into]")).forEach((one) => { one.checked = box.checked; });
  if (box.matches("[data-pull-group]")) boxes(box.closest("tbody")).forEach((one) => { one.checked = box.checked; });
  count();
}

function put(row, values) {
  for (const [column, one] of Object.entries(values)) {
    const control = at(row, column);
    if (control && !Array.isArray(one.value)) change(control, String(one.value ?? ""), one.title);
  }
}

/** Puts the ticked rows into the grid: blank rows are filled first. */
function take() {
  const grid = asked;
  const chosen = boxes(dialog()).filter((one) => one.checked).map((one) => JSON.parse(one.dataset.pullValues));
  close();
  if (!grid?.isConnected || !chosen.length) return;
  const columns = Object.keys(chosen[0]);
  const blank = rows(grid).filter((row) => columns.every((column) => (at(row, column)?.value ?? "") === ""));
  const targets = [...blank, ...(blank.length < chosen.length ? addMany(grid, chosen.length - blank.length) : [])].slice(0, chosen.length);
  targets.forEach((row, place) => put(row, chosen[place]));
  tell(grid);
  show(text("rows_pulled", { count: targets.length }), "success");
  // A box that offers choices would open over what has come.
  const free = [...(targets[0]?.querySelectorAll("[data-column] [data-path]") ?? [])].find((one) => one.matches("input") && !one.tomselect && !one.readOnly);
  if (free) focus(free);
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-pull]");
    if (button) ask(button);
    else if (event.target.closest?.("[data-pull-take]")) take();
  });
  document.addEventListener("change", onChange);
}
