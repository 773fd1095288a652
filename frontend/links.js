// Select boxes that search: links to records (asked from the server as one types), several values, tags of one's own.

import TomSelect from "tom-select/dist/esm/tom-select.js";
import clearButton from "tom-select/dist/esm/plugins/clear_button/plugin.js";
import removeButton from "tom-select/dist/esm/plugins/remove_button/plugin.js";
import { ask } from "./fresh.js";
import { enter } from "../static/js/entering.js";
import { get, post } from "../static/js/requests.js";
import { text } from "../static/js/texts.js";
import { show } from "../static/js/toasts.js";

TomSelect.define("clear_button", clearButton);
TomSelect.define("remove_button", removeButton);

const AT_ONCE = 5;                      // rows of a grid whose boxes are made at once
const SLICE = 20;                       // milliseconds that a box takes at most
const inView = new Set();               // select boxes that can be seen and are still to be made
let waits = false;
const NEW = "__new__";                  // what stands in a list for a record that is still to be made

function remote(select) {
  let running;
  let found = { words: "", ids: new Set() };    // what the server found, and for which words
  let hasty = null;                             // words after which Enter was pressed before their answer was there
  return {
    valueField: "id",
    labelField: "title",
    searchField: ["title", "hint"],
    preload: "focus",
    loadThrottle: 200,
    refreshThrottle: 0,                 // a list of a moment ago must not be chosen from
    shouldLoad: () => true,
    score: (words) => (item) => (words === found.words && found.ids.has(item.id) ? 1 : 0),
    onType() { this.loadedSearches = {}; hasty = null; },       // words that come back are asked again
    onInitialize() {
      this.control_input.addEventListener("keydown", (event) => {
        const words = this.inputValue();
        if (event.key !== "Enter" || event.isComposing || !words || words === found.words) return;
        event.preventDefault();
        event.stopPropagation();          // in a grid it would go down
        hasty = words;
      });
    },
    load(wanted, done) {
      const query = this.inputValue() || wanted;    // the first look, at focus, may come after what was typed at once (a scanner)
      running?.abort();
      running = new AbortController();
      const url = new URL(select.dataset.link, window.location.href);
      url.searchParams.set("q", query);
      // What may be chosen can hang on the rest of the form: then the form goes along.
      const drafted = select.form && url.searchParams.has("draft");
      const asked = drafted ? post(url, draft(select, query), running.signal) : get(url, running.signal);
      asked.then(({ items }) => {
        if (this.inputValue() !== query) { done(); return; }      // an answer to words that have changed since
        const options = items.map((item) => ({ ...item, id: String(item.id) }));
        if (select.dataset.fresh && !select.closest("dialog")) options.push({ id: NEW, title: select.dataset.freshLabel });
        found = { words: query, ids: new Set(options.map((item) => item.id)) };
        this.clearOptions();
        done(options);
        if (hasty === query && items.length === 1) {              // the only one that it can mean; of several somebody chooses
          this.addItem(options[0].id);
          this.close();
        }
        hasty = null;
      }).catch((error) => {
        done();                         // also of a search given up: the box counts those that are under way
        if (error.name !== "AbortError") show(text("failed"), "danger");
      });
    },
  };
}

function draft(select, query) {
  const body = new URLSearchParams([...new FormData(select.form)].filter(([, value]) => typeof value === "string"));
  body.set("_q", query);
  body.set("_at", select.dataset.path);
  return body;
}

function rows(escape) {
  const hint = (item) => (item.hint ? ` <small>${escape(item.hint)}</small>` : "");
  const label = (item) => escape(item.title ?? item.text ?? "");
  return {
    option: (item) => item.id === NEW ? `<div class="fw-fresh">${escape(text("fresh", { text: item.title }))}</div>` : `<div><span>${label(item)}</span>${hint(item)}</div>`,
    item: (item) => `<div title="${label(item)}">${label(item)}</div>`,
    no_results: () => `<div class="no-results">${escape(text("no_results"))}</div>`,
    option_create: (item) => `<div class="create">${escape(text("add", { text: item.input }))}</div>`,
    loading: () => `<div class="spinner-row">${escape(text("loading"))}</div>`,
  };
}

const plain = (said) => String(said).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

// The box hides the real select and shows an input of its own: both must carry the field's name and state.
function describe(select, box) {
  const name = select.getAttribute("aria-label") ?? document.querySelector(`label[for="${CSS.escape(select.id)}"]`)?.textContent ?? "";
  const input = box.control_input;
  select.setAttribute("aria-hidden", "true");
  for (const one of [select, input]) one.setAttribute("aria-label", name.replace("*", "").trim());
  for (const attribute of ["aria-describedby", "aria-invalid", "aria-required"]) {
    if (select.hasAttribute(attribute)) input.setAttribute(attribute, select.getAttribute(attribute));
  }
  box.dropdown_content.setAttribute("aria-label", name);
}

// Whoever takes the last entry makes a record: the box is given it, or keeps what it had.
function offerNew(select, box) {
  const add = box.addItem;
  box.addItem = function addItem(value, silent) {
    if (value !== NEW) return add.call(this, value, silent);
    const words = this.inputValue();
    this.setTextboxValue("");
    this.close();
    return ask(select.dataset.fresh, words).then((made) => {
      if (made) {
        box.addOption(made);
        box.setValue(box.settings.mode === "multi" ? [...box.items, made.id] : made.id);
      }
      box.focus();
    });
  };
}

function make(select) {
  const many = select.multiple;
  const inDialog = Boolean(select.closest("dialog"));
  const kind = select.dataset.link ? remote(select) : { create: select.dataset.tags === "open", persist: false };
  const box = new TomSelect(select, {
    ...kind,
    plugins: many ? { remove_button: { title: text("remove") } } : { clear_button: { title: text("remove") } },
    maxOptions: 100,
    allowEmptyOption: false,
    dropdownParent: inDialog ? null : "body",     // a modal dialog lies above everything, also above the body's end
    placeholder: select.getAttribute("placeholder") ?? "",
    hidePlaceholder: true,
    render: rows(plain),
  });
  describe(select, box);
  if (select.dataset.fresh) offerNew(select, box);
  if (select.dataset.locked !== undefined) {
    box.lock();
    box.control_input.readOnly = true;
    box.wrapper.classList.add("disabled");
  }
}

// A box costs some milliseconds: of a grid of 200 lines those that are gone to are made, and those in view while nobody types.
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) inView.add(target);
    else inView.delete(target);
  }
  later();
});

const idle = window.requestIdleCallback ?? ((work) => setTimeout(() => work({ timeRemaining: () => SLICE }), SLICE));

function later() {
  if (!inView.size || waits) return;
  waits = true;
  idle((deadline) => {
    waits = false;
    do equip(inView.values().next().value);
    while (inView.size && deadline.timeRemaining() > SLICE);
    later();
  });
}

function equip(select) {
  seen.unobserve(select);
  inView.delete(select);
  if (!select.tomselect && select.isConnected) make(select);
}

// How many rows stand before a row of a grid, as far as that matters.
function placeOf(row) {
  let count = 0;
  for (let one = row?.previousElementSibling; one && count < AT_ONCE; one = one.previousElementSibling) count += 1;
  return count;
}

export function prepare(root) {
  root.querySelectorAll("select[data-link], select[data-tags]").forEach((select) => {
    if (select.tomselect || select.closest("template")) return;
    const place = placeOf(select.closest("[data-row]"));
    if (place < AT_ONCE) equip(select);
    else seen.observe(select);
  });
}

export function start() {
  document.addEventListener("focusin", (event) => {
    const select = event.target;
    if (!select.matches?.("select:is([data-link], [data-tags])")) return;
    equip(select);                      // the select itself is out of sight once it has its box
    if (select.tomselect) enter(select);
  });
}
