// Ticks on the rows of a list: all, ranges with Shift, and the bar that says how many. Knows no action.

import { text } from "./texts.js";

let last = null;

const boxes = (root) => [...root.querySelectorAll('input[type="checkbox"][name="id"]')];

function update(root) {
  const all = boxes(root);
  const ticked = all.filter((box) => box.checked);
  all.forEach((box) => box.closest("tr")?.classList.toggle("is-ticked", box.checked));
  const head = root.querySelector("[data-batch-all]");
  if (head) {
    head.checked = ticked.length > 0 && ticked.length === all.length;
    head.indeterminate = ticked.length > 0 && ticked.length < all.length;
  }
  const bar = root.querySelector("[data-batch-bar]");
  if (bar) {
    bar.hidden = ticked.length === 0;
    const count = bar.querySelector("[data-batch-count]");
    if (count) count.textContent = text("selected", { count: ticked.length });
  }
}

// What a finger hits beside the box is meant for the box.
function onCell(event) {
  const cell = event.target.closest?.("[data-batch] td.fw-tick");
  if (!cell || event.target !== cell) return;
  event.preventDefault();
  event.stopPropagation();
  cell.querySelector("input")?.click();
}

function onClick(event) {
  const box = event.target.closest('[data-batch] input[type="checkbox"]');
  if (!box) return;
  const root = box.closest("[data-batch]");
  const all = boxes(root);
  if (box.matches("[data-batch-all]")) all.forEach((one) => { one.checked = box.checked; });
  else if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((one) => { one.checked = box.checked; });
  }
  last = box;
  update(root);
}

export function start() {
  document.addEventListener("click", onCell, true);
  document.addEventListener("click", onClick);
}

export function prepare(root) {
  root.querySelectorAll("[data-batch]").forEach(update);
}
