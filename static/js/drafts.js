// Drafts: what is typed into a form with `data-draft` is kept on the server a moment later, and once more on leaving.

import { isChanged } from "./guards.js";
import { send } from "./sessions.js";
import { text } from "./texts.js";

const DELAY = 1500;
const timers = new WeakMap();           // form → timer of what is still to be kept

const typed = (form) => new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));

async function keep(form, leaving = false) {
  clearTimeout(timers.get(form));
  timers.delete(form);
  if (form.dataset.sending || !isChanged(form)) return;
  try {
    const answer = await send(form.dataset.draft, { method: "POST", headers: { Accept: "application/json" }, body: typed(form), keepalive: leaving, redirect: "error" });
    const state = form.querySelector("[data-draft-state]");
    if (state && answer.ok) state.textContent = text("drafted", { time: new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }) });
  } catch {
    // Nothing is lost as long as the page stands; the next change tries again.
  }
}

function later(event) {
  const form = event.target.closest?.("form[data-draft]");
  if (!form) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => keep(form), DELAY));
}

function leave() {
  document.querySelectorAll("form[data-draft]").forEach((form) => { if (timers.has(form)) keep(form, true); });
}

export function start() {
  for (const name of ["input", "change", "lines:changed"]) document.addEventListener(name, later);
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") leave(); });
  window.addEventListener("pagehide", leave);
}
