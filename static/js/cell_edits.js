// Cells of a list that are edited in place: a pencil, F2 or E opens one; Enter saves, Escape leaves it as it was.

import { send } from "./sessions.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

const before = new WeakMap();                 // cell → what stood in it

/** Whether the cells of its column can be edited at all. */
function offered(cell) {
  const table = cell?.closest("table[data-editable]");
  const names = (table?.dataset.editable ?? "").split(",");
  return Boolean(cell?.dataset.path && names.includes(cell.dataset.path) && cell.closest("tr[data-href]"));
}

/** Whether this one can: the state of its record does not shut it. */
function editable(cell) {
  return offered(cell) && !(cell.closest("tr").dataset.shut ?? "").split(",").includes(cell.dataset.path);
}

function added(root) {
  document.dispatchEvent(new CustomEvent("content:added", { detail: { root } }));
}

async function ask(url, options = {}) {
  return send(url, { ...options, headers: { "HX-Request": "true", Accept: "text/html" } });
}

function words(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  return box.content.textContent.trim().replace(/\s+/g, " ");
}

/** Opens the form of a cell; says why not where it is shut. */
export async function open(cell) {
  if (!offered(cell) || before.has(cell)) return;
  const answer = await ask(`${cell.closest("tr").dataset.href}/cell/${cell.dataset.path}`).catch(() => null);
  if (!answer) return show(text("offline"), "danger");
  if (!answer.ok) return show(words(await answer.text()) || text("failed"), "warning");
  before.set(cell, [...cell.childNodes]);
  cell.innerHTML = await answer.text();
  cell.classList.add("is-edited");
  added(cell);
  const control = cell.querySelector(".ts-control input, input:not([type=hidden]), select, textarea");
  control?.focus();
  control?.select?.();
}

function leave(cell) {
  const kept = before.get(cell);
  if (!kept) return;
  cell.replaceChildren(...kept);
  cell.classList.remove("is-edited");
  before.delete(cell);
}

async function save(form) {
  const cell = form.closest("td");
  const row = cell.closest("tr");
  const body = new URLSearchParams();
  for (const one of form.querySelectorAll("input[name], select[name], textarea[name]")) {
    if (one.type !== "checkbox" || one.checked) body.append(one.name, one.value);
  }
  body.set("_view", row.closest("table").dataset.view ?? "");
  form.inert = true;
  const answer = await ask(form.dataset.cellForm, { method: "POST", body }).catch(() => null);
  form.inert = false;
  if (!answer) return show(text("offline"), "danger");
  const html = await answer.text();
  if (!answer.ok) {
    if (!html.includes("data-cell-form")) return show(words(html) || text("failed"), "danger");
    cell.innerHTML = html;
    added(cell);
    return cell.querySelector("input:not([type=hidden]), select")?.focus();
  }
  const box = document.createElement("template");
  box.innerHTML = `<table><tbody>${html}</tbody></table>`;
  const made = box.content.querySelector("tr");
  row.replaceWith(made);
  made.querySelector(".fw-row-link")?.focus();
}

function onClick(event) {
  const pencil = event.target.closest?.("[data-cell-open]");
  const saved = event.target.closest?.("[data-cell-save]");
  const cancel = event.target.closest?.("[data-cell-cancel]");
  if (pencil) {
    event.stopPropagation();
    open(pencil.closest("td"));
  } else if (saved) save(saved.closest("[data-cell-form]"));
  else if (cancel) leave(cancel.closest("td"));
}

function onKey(event) {
  if (event.isComposing) return;
  const form = event.target.closest?.("[data-cell-form]");
  const chosen = event.target.closest?.("button, .ts-wrapper.dropdown-active");
  if (form && event.key === "Escape") {
    event.stopPropagation();
    leave(form.closest("td"));
  } else if (form && event.key === "Enter" && !chosen) {
    event.preventDefault();
    save(form);
  } else if (event.key === "F2") {
    const row = event.target.closest?.("tr[data-href]");
    const cell = event.target.closest?.("td");
    const cells = [...(row?.cells ?? [])];
    const first = offered(cell) ? cell : cells.find(editable) ?? cells.find(offered);   // a row that is shut says why
    if (first) open(first);
  }
}

// The pencil comes with the pointer: fifty rows of buttons would be in everybody's way.
function onOver(event) {
  const cell = event.target.closest?.("td[data-path]");
  if (!cell || cell.querySelector("[data-cell-open]") || before.has(cell) || !editable(cell)) return;
  const pencil = document.createElement("button");
  pencil.type = "button";
  pencil.className = "fw-cell-open";
  pencil.dataset.cellOpen = "";
  pencil.tabIndex = -1;
  pencil.setAttribute("aria-label", `${text("edit")}: ${cell.dataset.label ?? ""}`);
  pencil.textContent = "✎";
  cell.append(pencil);
}

export function start() {
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("pointerover", onOver);
}
