// Every request of a page: the token that proves it is ours, and what happens when it fails. Knows no page.

import { send, token } from "./sessions.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

/** Sends a form body and gives the answer's JSON; throws on anything but 2xx. */
export async function post(url, body, signal) {
  const headers = { Accept: "application/json" };
  if (typeof body === "string") headers["Content-Type"] = "application/json";
  const answer = await send(url, { method: "POST", headers, body, signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

/** Gives the JSON behind an address; throws on anything but 2xx. */
export async function get(url, signal) {
  const answer = await send(url, { headers: { Accept: "application/json" }, signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

function onFailure(event) {
  const response = event.detail.ctx?.response;
  if (response && response.status >= 500) show(text("failed"), "danger");
}

export function start() {
  document.addEventListener("htmx:config:request", (event) => {
    event.detail.ctx.request.headers["X-CSRFToken"] = token();
  });
  document.addEventListener("htmx:response:error", onFailure);
  document.addEventListener("htmx:error", (event) => {
    if (!event.detail.ctx?.response && event.detail.error?.name !== "AbortError") show(text("offline"), "danger");
  });
}
