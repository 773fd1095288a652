// Codes scanned into line items, by a hand scanner (which types, then presses Enter) or a camera: the row of what the code
// names is found or added, and what the definition says is set in it. Knows no field.

import { add, change, rows, tell } from "./lines.js";
import { named } from "./pastes.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

const AGAIN = 1500;                     // milliseconds in which a camera sees the same code once
const LOOK = 200;                       // milliseconds between two looks of the camera
let compute = null;                     // evaluates a formula's tree in a row; set by `totals`

/** Who can evaluate formulas says so: `(tree, row) => text`, null where it cannot be told. */
export function computed(by) {
  compute = by;
}

const at = (row, column) => row.querySelector(`[data-column="${CSS.escape(column)}"] [data-path]`);

/** The record or text that a code means in a column; null where it is not clear. */
async function meant(grid, column, code) {
  const made = document.createElement("template");
  made.innerHTML = grid.querySelector("template[data-row-template]")?.innerHTML ?? "";
  const control = at(made.content, column);
  if (!control) return null;
  return control.dataset.link ? (await named(control, [code]))[code] : { id: code, title: code };
}

function put(row, values, fresh) {
  for (const [column, value] of Object.entries(values)) {
    const control = at(row, column);
    if (!control || (fresh && control.value !== "")) continue;
    const found = value !== null && typeof value === "object" ? compute?.(value.tree, row) ?? null : value;
    if (found !== null) change(control, String(found));
  }
}

/** Takes a code in: the row that it is now in; null where it means nothing here. */
async function take(box, code) {
  const grid = box.closest("[data-lines]");
  const column = box.dataset.scan;
  const values = JSON.parse(box.dataset.scanSet || "{}");
  const found = await meant(grid, column, code);
  if (!found) return null;
  const same = rows(grid).find((row) => at(row, column)?.value === String(found.id));
  const row = same ?? rows(grid).find((one) => at(one, column)?.value === "") ?? add(grid);
  if (!row) return null;
  if (!same) change(at(row, column), String(found.id), found.title);
  put(row, values, !same);
  tell(grid);
  row.scrollIntoView({ block: "nearest" });
  row.classList.remove("is-scanned");
  requestAnimationFrame(() => row.classList.add("is-scanned"));
  return found.title;
}

async function scanned(box, code) {
  const said = box.querySelector("[role=status]");
  box.setAttribute("aria-busy", "true");
  try {
    const title = await take(box, code);
    box.classList.toggle("has-error", title === null);
    said.textContent = title ?? text("not_found", { text: code });
    if (title === null) navigator.vibrate?.(200);
  } catch {
    show(text("offline"), "danger");
  } finally {
    box.removeAttribute("aria-busy");
  }
}

// One after the other: a scanner is faster than an answer.
const waiting = new WeakMap();
function queue(box, code) {
  waiting.set(box, (waiting.get(box) ?? Promise.resolve()).then(() => scanned(box, code)));
}

function onKey(event) {
  const box = event.target.closest?.("[data-scan]");
  if (!box || event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
  event.preventDefault();
  event.stopPropagation();
  const code = event.target.value.trim();
  event.target.value = "";
  if (code) queue(box, code);
}

async function watch(box) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
  if (!stream) return show(text("no_camera"), "warning");
  const video = Object.assign(document.createElement("video"), { className: "fw-scan-video", srcObject: stream, muted: true, playsInline: true });
  box.append(video);
  await video.play();
  const detector = new window.BarcodeDetector();
  let last = "";
  let since = 0;
  while (video.isConnected) {
    const [seen] = await detector.detect(video).catch(() => []);
    if (seen && (seen.rawValue !== last || Date.now() - since > AGAIN)) {
      [last, since] = [seen.rawValue, Date.now()];
      queue(box, last.trim());
    }
    await new Promise((done) => setTimeout(done, LOOK));
  }
  return stream.getTracks().forEach((track) => track.stop());
}

function onClick(event) {
  const box = event.target.closest("[data-scan-camera]")?.closest("[data-scan]");
  if (!box) return;
  const video = box.querySelector("video");
  if (video) video.remove();
  else watch(box);
}

/** Whoever has no camera that reads codes is offered none. */
export function prepare(root) {
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  root.querySelectorAll("[data-scan-camera]").forEach((button) => { button.hidden = false; });
}

export function start() {
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("click", onClick);
}
