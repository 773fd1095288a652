// The session behind the page. Where it has ended, one signs in over the page and goes on, with everything as it was
// typed; where the server is away, a form stays. Knows no form's fields.

import { text } from "./texts.js";
import { show } from "./toasts.js";
import { begin } from "./waits.js";

const PATIENCE = 10_000;                // milliseconds that a form waits to hear of the session before it is sent all the same
const checked = new WeakSet();          // forms that may be sent now
const waiting = new WeakSet();
let renewing = null;

const meta = (name) => document.querySelector(`meta[name="${name}"]`);

/** The token of this session that every writing request carries. */
export const token = () => meta("csrf-token")?.content ?? "";

function adopt({ csrf }) {
  meta("csrf-token").content = csrf;
  document.querySelectorAll('input[name="csrf_token"]').forEach((input) => { input.value = csrf; });
}

function element(tag, properties, ...parts) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...parts);
  return made;
}

async function signIn(login, password) {
  const body = new URLSearchParams({ login, password });
  const answer = await fetch("/sign-in", { method: "POST", headers: { Accept: "application/json" }, body, credentials: "same-origin" });
  return { ok: answer.ok, ...(await answer.json().catch(() => ({}))) };
}

/** Asks for the password in a dialog over the page; true once the same person is signed in again. */
function askPassword(login) {
  return new Promise((resolve) => {
    const wrong = element("p", { className: "fw-error", hidden: true });
    wrong.setAttribute("role", "alert");
    const password = element("input", { type: "password", className: "form-control", autocomplete: "current-password", required: true, id: "again-password", maxLength: 128 });
    const name = element("input", { type: "text", className: "form-control", autocomplete: "username", readOnly: true, value: login, id: "again-login" });
    const cancel = element("button", { type: "button", className: "fw-btn fw-btn-ghost", textContent: text("cancel") });
    const send = element("button", { type: "submit", className: "fw-btn fw-btn-primary", textContent: text("sign_in") });
    const field = (input, label) => element("div", { className: "fw-field" }, element("label", { className: "fw-label", htmlFor: input.id, textContent: label }), input);
    const form = element("form", { method: "dialog" },
      element("div", { className: "fw-dialog-body" }, element("p", { textContent: text("session_ended") }), wrong, field(name, text("login")), field(password, text("password"))),
      element("div", { className: "fw-dialog-foot" }, cancel, send));
    const box = element("dialog", { className: "fw-dialog" }, form);
    box.setAttribute("aria-label", text("sign_in"));
    let done = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopPropagation();
      send.disabled = true;
      const said = await signIn(login, password.value).catch(() => ({ detail: text("offline") }));
      send.disabled = false;
      if (said.ok) {
        adopt(said);
        done = true;
        box.close();
        return;
      }
      wrong.textContent = said.detail ?? text("failed");
      wrong.hidden = false;
      password.select();
    });
    cancel.addEventListener("click", () => box.close());
    box.addEventListener("close", () => { box.remove(); resolve(done); });
    document.body.append(box);
    box.showModal();
    password.focus();
  });
}

async function renew() {
  const login = meta("login")?.content;
  if (!login) return false;
  const answer = await fetch("/session", { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (answer.status === 401) return askPassword(login);
  const found = answer.ok ? await answer.json() : null;
  if (found?.login === login) {
    adopt(found);
    return true;
  }
  if (found) show(text("other_person", { name: found.login }), "danger");
  return false;
}

// Signed out, or with a token of an earlier session: both are mended without leaving the page.
const isOver = (answer) => answer.status === 401 || (answer.status === 403 && answer.headers.get("X-Refused") === "csrf");

/** `fetch` with the session's token. If the session has ended, it asks for the password and sends the same once more. */
export async function send(url, options = {}) {
  const again = () => fetch(url, { credentials: "same-origin", ...options, headers: { ...options.headers, "X-CSRFToken": token() } });
  const answer = await again();
  if (!isOver(answer) || options.keepalive) return answer;
  renewing ??= renew().finally(() => { renewing = null; });
  return (await renewing) ? again() : answer;
}

/** Whether a form may be sent now: the server is there and the person is signed in. Tells what is in the way. */
async function ready() {
  try {
    const answer = await send("/session", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) return answer.status !== 401;
    const found = await answer.json();
    if (found.login === meta("login").content) adopt(found);
    return true;
  } catch (error) {
    if (error.name === "TimeoutError") return true;      // a slow line: what is sent arrives as late
    show(text("offline"), "danger");
    return false;
  }
}

// A form that a browser sends is gone if nobody takes it: before it leaves, its way is tried.
function hold(event) {
  const form = event.target;
  if (!form.matches("form[data-form][method=post]:not([hx-post])") || !meta("login")?.content) return;
  if (checked.delete(form)) return;
  const { submitter } = event;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (waiting.has(form)) return;
  waiting.add(form);
  submitter?.classList.add("is-busy");
  const end = begin();
  ready().then((may) => {
    end();
    waiting.delete(form);
    submitter?.classList.remove("is-busy");
    if (!may) return;
    checked.add(form);
    form.requestSubmit(submitter);
  });
}

export function start() {
  document.addEventListener("htmx:config:request", (event) => { event.detail.ctx.fetch = send; });
  document.addEventListener("submit", hold, true);
}
