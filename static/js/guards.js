// Guards of a form: nothing typed is lost unasked, nothing is sent twice, the first error gets the focus. Knows no field.

import { enter } from "./entering.js";
import { offer } from "./shortcuts.js";

const SELECTOR = "form[data-form]";
const BUSY_SECONDS = 20;
let leaving = false;

const snapshot = (form) => new URLSearchParams(
  [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !name.startsWith("_") && name !== "csrf_token"),
).toString();

/** Whether something was typed into the form since it came. */
export function isChanged(form) {
  return form.dataset.before !== undefined && form.dataset.before !== snapshot(form);
}

/** What stands in the form now counts as unchanged. */
export function settle(form) {
  form.dataset.before = snapshot(form);
}

function onSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || !form.matches("form") || (form.method !== "post" && !form.matches(SELECTOR))) return;
  if (form.dataset.sending) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = "yes";
  event.submitter?.classList.add("is-busy");
  leaving = true;
  // The page may stay (a download, an answer that htmx swaps in): the form can be sent again after a while at the latest.
  setTimeout(() => release(form), BUSY_SECONDS * 1000);
}

function release(form) {
  delete form.dataset.sending;
  leaving = false;
  form.querySelectorAll(".is-busy").forEach((button) => button.classList.remove("is-busy"));
}

function onKey(event) {
  const form = event.target.closest?.(SELECTOR);
  if (!form || !(event.ctrlKey || event.metaKey) || !["s", "Enter"].includes(event.key)) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-default], .fw-btn-primary[type=submit]") ?? undefined);
}

const savable = () => [...document.querySelectorAll(SELECTOR)].some((form) => [...form.elements].some((one) => one.type === "submit" && one.checkVisibility()));

export function start() {
  offer(2, "Ctrl+S Ctrl+↵", "key_save", savable);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target.closest?.("form");
    if (form) release(form);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form").forEach(release);
  });
  window.addEventListener("beforeunload", (event) => {
    if (leaving) return;
    if ([...document.querySelectorAll(SELECTOR)].some(isChanged)) event.preventDefault();
  });
}

// Whoever opens a new form begins to type; a finger's keyboard would hide half of it.
function begin(form) {
  const free = !document.activeElement || document.activeElement === document.body;
  if (!free || window.location.hash || !window.matchMedia("(hover: hover)").matches) return;
  const first = [...form.elements].find((one) => one.matches("input:not([type=hidden], [type=file]), select, textarea")
    && !one.readOnly && !one.disabled && one.checkVisibility({ visibilityProperty: true }) && !one.closest("[data-lines], [hidden]"));
  enter(first);
}

export function prepare(root) {
  root.querySelectorAll(SELECTOR).forEach((form) => {
    // A form that came back with errors holds what was typed: leaving it loses that.
    if (form.querySelector("[data-error]:not([hidden]), .fw-alert-danger")) form.dataset.before ??= "";
    else if (form.dataset.before === undefined) settle(form);
  });
  root.querySelector(`${SELECTOR} .fw-alert-danger[data-focus]`)?.focus({ preventScroll: false });
  const fresh = root.querySelector(`${SELECTOR}[data-fresh-form]`);
  if (fresh) begin(fresh);
}
