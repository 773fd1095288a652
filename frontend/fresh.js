// A record made in passing: its form comes into the page's dialog; who asked gets what was made, or null.

import htmx from "htmx.org/dist/htmx.esm.js";
import { close } from "../static/js/dialogs.js";

const dialog = () => document.getElementById("dialog");
let waiting = null;                     // called with the record that the open dialog makes

function settle(made) {
  const told = waiting;
  waiting = null;
  told?.(made);
}

/** Opens the form of a new record, with the words that found nothing; gives {id, title}, or null if it was left. */
export function ask(address, words) {
  settle(null);
  const url = new URL(address, window.location.href);
  if (words) url.searchParams.set("q", words);
  return new Promise((done) => {
    waiting = done;
    htmx.ajax("GET", `${url.pathname}${url.search}`, { target: "#dialog", swap: "innerHTML" });
  });
}

export function start() {
  document.addEventListener("htmx:after:swap", () => {
    const made = dialog()?.querySelector("[data-created]");
    if (!made) return;
    settle({ id: made.dataset.created, title: made.dataset.title });
    close();
  });
  dialog()?.addEventListener("close", () => settle(null));
}
