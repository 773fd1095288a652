// The one dialog of a page: htmx loads into it, this opens and closes it; also asks "are you sure?". Knows no content.

import { enter } from "./entering.js";
import { isChanged } from "./guards.js";
import { text } from "./texts.js";

const dialog = () => document.getElementById("dialog");

/** Opens the dialog with what is in it. */
export function open(element = dialog()) {
  if (!element || element.open) return;
  element.showModal();
  enter(element.querySelector("[autofocus]") ?? element.querySelector("input:not([type=hidden]), select, textarea"));
}

/** Closes the dialog and forgets what was in it. */
export function close() {
  const element = dialog();
  if (!element?.open) return;
  element.close();
}

// A form that came back with errors counts as changed; where nothing stands in it, nothing is lost.
const written = (form) => [...form.querySelectorAll("input:not([type=hidden], [type=checkbox], [type=radio]), textarea")].some((one) => one.value);
const loses = (form) => isChanged(form) && (form.dataset.before !== "" || written(form));
const typed = () => [...(dialog()?.querySelectorAll("form:is([data-quick], [data-form])") ?? [])].some(loses);

/** Closes the dialog, asking first if something was typed into it. */
async function leave() {
  if (!typed() || (await ask(text("leave")))) close();
}

function button(kind, label, action) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `fw-btn fw-btn-${kind}`;
  made.textContent = label;
  made.addEventListener("click", action);
  return made;
}

/** Asks a yes-or-no question in a dialog of its own; resolves to true or false. */
export function ask(question) {
  return new Promise((resolve) => {
    const box = document.createElement("dialog");
    box.className = "fw-dialog";
    box.setAttribute("aria-label", text("confirm"));
    const body = document.createElement("div");
    body.className = "fw-dialog-body";
    const said = document.createElement("p");
    said.textContent = question;
    const foot = document.createElement("div");
    foot.className = "fw-dialog-foot";
    let answer = false;
    const yes = button("primary", text("ok"), () => { answer = true; box.close(); });
    foot.append(button("ghost", text("cancel"), () => box.close()), yes);
    body.append(said, foot);
    box.append(body);
    box.addEventListener("close", () => { box.remove(); resolve(answer); });
    document.body.append(box);
    box.showModal();
    yes.focus();
  });
}

async function onHtmxConfirm(event) {
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!ctx.confirm) return;
  event.preventDefault();
  if (await ask(ctx.confirm)) issueRequest();
  else dropRequest();
}

async function onConfirmedSubmit(event) {
  const asked = event.submitter?.dataset.confirm;
  if (!asked || event.submitter.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await ask(asked))) return;
  event.submitter.dataset.confirmed = "yes";
  event.target.requestSubmit(event.submitter);
}

export function start() {
  document.addEventListener("htmx:confirm", onHtmxConfirm);
  document.addEventListener("submit", onConfirmedSubmit, true);
  document.addEventListener("htmx:after:swap", () => {
    if (dialog()?.childElementCount) open();
  });
  document.addEventListener("dialog:close", close);
  document.addEventListener("click", (event) => {
    // A click on the dialog element itself is one on the backdrop: everything inside has its own target.
    if (event.target === dialog() || event.target.closest?.("#dialog [data-close]")) leave();
  });
  dialog()?.addEventListener("cancel", (event) => {
    if (!typed()) return;
    event.preventDefault();
    leave();
  });
  dialog()?.addEventListener("close", () => dialog().replaceChildren());
}
