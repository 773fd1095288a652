// The frame of the page: menu drawer, groups that remember, theme choice, rows that are links, small conveniences.

import { post } from "./requests.js";
import { offer, seen } from "./shortcuts.js";
import { text } from "./texts.js";
import { show } from "./toasts.js";

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing loses a convenience only.
  }
}

function drawer(wanted) {
  const isOpen = document.body.classList.toggle("fw-drawer-open", wanted);
  document.querySelectorAll('[data-drawer="toggle"]').forEach((button) => button.setAttribute("aria-expanded", isOpen));
  if (isOpen) document.querySelector("#menu a")?.focus();
}

async function chooseTheme(event, button) {
  event.preventDefault();
  const form = button.form;
  document.documentElement.dataset.theme = button.dataset.themeChoice;
  document.querySelectorAll("[data-theme-choice]").forEach((one) => one.classList.toggle("active", one === button));
  if (!form) return;
  const body = new URLSearchParams(new FormData(form, button));
  await post(form.action, body).catch(() => {});       // the choice stands for this page even if it could not be kept
}

function follow(event) {
  const row = event.target.closest("[data-href]");
  if (!row || event.target.closest("a, button, input, label, select, textarea, summary")) return;
  if (window.getSelection().toString()) return;
  if (event.ctrlKey || event.metaKey || event.button === 1) window.open(row.dataset.href, "_blank", "noopener");
  else window.location.assign(row.dataset.href);
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  show(text("copied"), "success");
}

function jump(event, link) {
  const form = link.closest("form") ?? document;
  const target = form.querySelector(`[data-path="${CSS.escape(link.dataset.jump)}"]`) ?? document.getElementById(`f-${link.dataset.jump}`);
  if (!target) return;
  event.preventDefault();
  (target.tomselect ?? target).focus();
  target.scrollIntoView({ block: "center" });
}

function onClick(event) {
  const at = (selector) => event.target.closest(selector);
  const opener = at("[data-drawer]");
  if (opener) return drawer(opener.dataset.drawer === "toggle" ? undefined : false);
  const theme = at("[data-theme-choice]");
  if (theme) return chooseTheme(event, theme);
  const copied = at("[data-copy]");
  if (copied) return copy(copied);
  const jumper = at("[data-jump]");
  if (jumper) return jump(event, jumper);
  if (at("[data-back]") && window.history.length > 1) {        // the page before comes back with what was typed in it
    event.preventDefault();
    return window.history.back();
  }
  if (at("[data-print]")) return window.print();
  const shut = at('[aria-disabled="true"]');
  if (shut) {
    event.preventDefault();
    return shut.dataset.reason && show(shut.dataset.reason);     // a finger hovers over nothing
  }
  return follow(event);
}

function onKey(event) {
  if (event.key === "Escape") drawer(false);
  const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    const box = document.querySelector('[data-hotkey="/"]');
    if (box?.offsetParent) {
      event.preventDefault();
      box.focus();
    }
  }
}

export function start() {
  offer(0, "/", "key_search", () => seen('[data-hotkey="/"]'));
  document.addEventListener("click", onClick);
  document.addEventListener("auxclick", (event) => event.button === 1 && follow(event));
  document.addEventListener("keydown", onKey);
  document.addEventListener("change", (event) => event.target.closest("[data-submit]")?.form?.requestSubmit());
  document.querySelectorAll("details[data-remember]").forEach((group) => {
    // what a person does is remembered; that a page opens the group it is in is none of it
    group.querySelector("summary").addEventListener("click", () => remember(group.dataset.remember, group.open ? "shut" : "open"));
  });
}
