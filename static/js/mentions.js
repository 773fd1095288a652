// Naming people in a text: after an `@` a list of those who can be named opens, chosen from by keyboard or pointer.

import { get } from "./requests.js";
import { offer, seen } from "./shortcuts.js";

const BEGUN = /(?:^|[^\p{L}\p{N}_@.])@([\p{L}\p{N}_.+\-]{0,40})$/u;
const DELAY = 120;
let open = null;                        // {field, list, items, active}
let waiting = 0;

const begun = (field) => BEGUN.exec(field.value.slice(0, field.selectionStart))?.[1];

function close() {
  if (!open) return;
  open.list.remove();
  for (const name of ["aria-activedescendant", "aria-controls"]) open.field.removeAttribute(name);
  open.field.setAttribute("aria-expanded", "false");
  open = null;
}

function mark(index) {
  open.active = (index + open.items.length) % open.items.length;
  [...open.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === open.active)));
  open.field.setAttribute("aria-activedescendant", open.list.children[open.active].id);
}

function show(field, items) {
  close();
  if (!items.length) return;
  const list = document.createElement("ul");
  list.className = "fw-mention-list";
  list.id = "mention-list";
  list.setAttribute("role", "listbox");
  items.forEach((item, at) => {
    const option = document.createElement("li");
    option.id = `mention-${at}`;
    option.setAttribute("role", "option");
    const login = document.createElement("small");
    login.textContent = `@${item.login}`;
    option.append(`${item.name} `, login);
    option.addEventListener("pointerdown", (event) => { event.preventDefault(); choose(at); });
    list.append(option);
  });
  field.parentNode.append(list);
  open = { field, list, items, active: 0 };
  field.setAttribute("aria-expanded", "true");
  field.setAttribute("aria-controls", list.id);
  mark(0);
}

function choose(at) {
  const { field, items } = open;
  const word = begun(field) ?? "";
  const end = field.selectionStart;
  close();
  field.setRangeText(`${items[at].login} `, end - word.length, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

async function ask(field) {
  const word = begun(field);
  if (word === undefined) return close();
  const turn = ++waiting;
  await new Promise((done) => setTimeout(done, DELAY));
  if (turn !== waiting) return undefined;
  try {
    const answer = await get(`${field.dataset.mentions}?q=${encodeURIComponent(word)}`);
    if (turn === waiting && begun(field) === word) show(field, answer.items);
  } catch {
    close();                            // naming somebody by hand works all the same
  }
  return undefined;
}

const KEYS = {
  ArrowDown: () => mark(open.active + 1),
  ArrowUp: () => mark(open.active - 1),
  Enter: () => choose(open.active),
  Tab: () => choose(open.active),
  Escape: close,
};

function onKey(event) {
  const field = event.target;
  if (!field.matches?.("[data-mentions]")) return;
  if (open?.field === field && KEYS[event.key] && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key]();
  } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    field.form.requestSubmit();
  }
}

export function start() {
  offer(4, "@", "key_mention", () => seen("[data-mentions]"));
  offer(4, "Ctrl+↵", "key_say", () => seen("form [data-mentions]"));
  document.addEventListener("input", (event) => { if (event.target.matches?.("[data-mentions]")) ask(event.target); });
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("focusout", (event) => { if (event.target === open?.field) close(); });
}

export function prepare(root) {
  root.querySelectorAll("[data-mentions]").forEach((field) => {
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
  });
}
