// The server's preview of a draft: defaults, copies, balances, what is visible, what is wrong. A late answer is dropped.

import { Places, setOutput, setText } from "./paths.js";
import { post } from "./requests.js";

const DELAY = 180;
const PATIENCE = 3000;                  // so long at most is a form held back that is sent while its preview is under way
const pending = new WeakMap();          // form → {timer, running, abort, last, changed}

let ticks = 0;
const editedAt = new WeakMap();         // control → tick of the last edit
let typing = null;                      // the control that has been edited since it got the focus

// A control that merely has the focus is filled like any other: whoever tabbed into it finds its text selected again.
function fill(element, one) {
  if (element === document.activeElement && element.value === (one.value ?? "")) return;
  setText(element, one.value ?? "", one.text ?? one.title);
  if (element === document.activeElement) element.select?.();
}

// A box of several that has the focus, or one in which somebody searches, is being worked on: what is in it stays.
function boxed(element) {
  const box = element.tomselect;
  return Boolean(box?.isFocused && (element.multiple || box.inputValue() !== ""));
}

function apply(places, values, sentAt) {
  for (const [path, one] of Object.entries(values ?? {})) {
    const element = places.find(path);
    if (!element) continue;
    const free = (control) => (editedAt.get(control) ?? 0) <= sentAt && control !== typing;
    if (one.ends) places.findAll(path).forEach((control, place) => { if (free(control)) fill(control, { value: one.ends[place] }); });
    else if (boxed(element)) continue;
    else if (Array.isArray(one.value)) { if (free(element)) setText(element, one.value, one.titles); }
    else if (element.dataset.field !== undefined) setOutput(element, one.value ?? "", one.text ?? one.value ?? "");
    else if (free(element)) fill(element, one);
  }
}

function showErrors(form, places, errors, changed) {
  const wrong = new Map((errors ?? []).map((error) => [error.field, error]));
  for (const place of form.querySelectorAll("[data-error]")) {
    const said = wrong.get(place.dataset.error);
    // What has not been reached yet is not scolded for being empty.
    const wanted = said && (!place.hidden || changed.has(said.field));
    if (!wanted && place.hidden) continue;
    if (place.dataset.own !== undefined) continue;      // said where it was pasted, see `pastes`
    const control = places.find(place.dataset.error);
    place.hidden = !wanted;
    place.textContent = wanted ? said.message : "";
    if (control) {
      place.id ||= control.id.replace(`f-${place.dataset.error}`, `e-${place.dataset.error}`);
      const told = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== place.id);
      if (wanted && place.id) told.unshift(place.id);
      if (wanted) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
      if (told.length) control.setAttribute("aria-describedby", told.join(" "));
      else control.removeAttribute("aria-describedby");
    }
    place.closest(".fw-field")?.classList.toggle("has-error", Boolean(wanted));
  }
}

function showParts(form, shown) {
  if (!shown) return;
  for (const part of form.querySelectorAll("[data-show]")) {
    const visible = shown[part.dataset.show];
    if (visible !== undefined && part.hidden === visible) part.hidden = !visible;
  }
}

function mark(places, marks) {
  for (const [path, color] of Object.entries(marks ?? {})) {
    const element = places.find(path);
    const place = element?.closest("td") ?? element;
    if (!place) continue;
    const before = [...place.classList].filter((one) => one.startsWith("fw-mark-"));
    const wanted = color ? [`fw-mark-${color}`] : [];
    if (before.join() === wanted.join()) continue;
    place.classList.remove(...before);
    place.classList.add(...wanted);
  }
}

// What a date in the past would change, and records that may be the same one, in the server's own markup; the same
// answer is not drawn (and read out) again.
function tell(place, said = "") {
  if (!place || (place.dataset.shown ?? place.innerHTML.trim()) === said) return;
  place.dataset.shown = said;
  place.innerHTML = said;
}

async function ask(form, state) {
  state.abort?.abort();
  state.abort = new AbortController();
  const sentAt = ++ticks;
  const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  body.set("_changed", state.last ?? "");
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await post(form.dataset.preview, body, state.abort.signal);
    const places = new Places(form);
    apply(places, answer.values, sentAt);
    showErrors(form, places, answer.errors, state.changed);
    showParts(form, answer.shown);
    mark(places, answer.marks);
    tell(form.querySelector("[data-later]"), answer.later);
    tell(form.querySelector("[data-likes]"), answer.likes);
    form.dispatchEvent(new CustomEvent("form:previewed", { bubbles: true }));
  } catch (error) {
    // The draft stays as it is: the same rules are applied again when it is saved.
    if (error.name !== "AbortError") form.dispatchEvent(new CustomEvent("form:unpreviewed", { bubbles: true }));
  } finally {
    if (sentAt === ticks) form.removeAttribute("aria-busy");
  }
}

function later(form, path) {
  const state = pending.get(form) ?? { changed: new Set() };
  pending.set(form, state);
  state.last = path;
  if (path) state.changed.add(path);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => begin(form, state), DELAY);
}

function begin(form, state) {
  clearTimeout(state.timer);
  state.timer = null;
  const running = ask(form, state).finally(() => { if (state.running === running) state.running = null; });
  state.running = running;
}

async function settled(form, state) {
  while (state.timer || state.running) {
    if (state.timer) begin(form, state);
    await state.running;
  }
}

// Whoever saves right after a change means the figures that follow from it: the form is sent once they have come.
function hold(event) {
  const form = event.target;
  const state = pending.get(form);
  if (!state?.timer && !state?.running) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  Promise.race([settled(form, state), new Promise((done) => setTimeout(done, PATIENCE))]).then(() => {
    clearTimeout(state.timer);
    state.timer = state.running = null;
    form.requestSubmit(submitter);
  });
}

/** Asks for a preview of the form soon; several calls in a row become one. */
export function refresh(form, path = "") {
  if (form?.dataset.preview) later(form, path);
}

export function start() {
  document.addEventListener("input", (event) => {
    editedAt.set(event.target, ++ticks);
    if (event.target === document.activeElement) typing = event.target;
  });
  document.addEventListener("focusout", () => { typing = null; });
  document.addEventListener("change", (event) => {
    const control = event.target.closest("[data-refresh]");
    if (control?.form) refresh(control.form, control.dataset.path);
  });
  document.addEventListener("submit", hold, true);
  document.addEventListener("lines:changed", (event) => refresh(event.target.closest("form"), event.detail?.path));
}
