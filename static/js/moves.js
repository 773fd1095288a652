// What moving a card asks of the server, on boards, calendars, timelines and in trees: sending it, and what then
// happens. Knows no view.

import { send as request } from "./sessions.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

function ask(url) {
  const opener = document.createElement("button");
  opener.hidden = true;
  for (const [name, value] of Object.entries({ "hx-get": url, "hx-target": "#dialog", "hx-swap": "innerHTML", "hx-trigger": "click" })) opener.setAttribute(name, value);
  document.body.append(opener);
  document.dispatchEvent(new CustomEvent("htmx:wanted", { detail: { element: opener } }));
  opener.click();
  setTimeout(() => opener.remove(), 5000);
}

/** Asks for a move. Done: says so, has the list drawn anew, gives null; else what the server told, {} without an answer. */
export async function send(card, path, asked) {
  const body = new URLSearchParams({ ...asked, _version: card.dataset.version });
  const answer = await request(`${card.dataset.href}/${path}`, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  const told = (await answer?.json().catch(() => null)) ?? { detail: text(answer ? "failed" : "offline") };
  if (!answer?.ok || !told.done) return told;
  show(told.said, "success");
  document.dispatchEvent(new CustomEvent("list:changed", { detail: { url: "" } }));
  return null;
}

/** Shows that a card stays where it was: the dialog that has to be answered first, or the reason. */
export function refuse(card, told) {
  card.classList.add("is-back");
  setTimeout(() => card.classList.remove("is-back"), 900);
  if (told.ask || told.choose) ask(told.ask ?? told.choose);
  else show(told.detail ?? text("failed"), "danger");
}
