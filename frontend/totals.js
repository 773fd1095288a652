// Live figures of a form: formulas and column sums evaluated as one types, exactly. The server computes all of it again.

import { grouped, Places, pathOf, prefixOf, rowsOf, setOutput, textOf } from "../static/js/paths.js";
import { computed } from "../static/js/scans.js";
import { evaluate, Unknown } from "./formulas.js";
import { isError, isNumber, parse, plain, round, WRONG_VALUE, ZERO } from "./numbers.js";

const LEAST_SHOWN = { money: 2 };
const NUMERIC = new Set(["number", "money", "percent", "quantity", "integer", "decimal"]);
// Codes, people and the like have names that only the server knows.
const SHOWABLE = new Set([...NUMERIC, "text", "long_text", "date", "", undefined]);
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/;

const waiting = new Set();
const trees = new Map();                // a formula's text → its tree: every row of a grid has the same

function localToday() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

const isNumeric = (element) => NUMERIC.has(element.dataset.kind) || element.dataset.scale !== undefined;

function typedNumber(text, kind) {
  const bare = GROUPED.test(text.trim()) ? text.replaceAll(",", "") : text;
  const number = parse(bare);
  if (number === null) return WRONG_VALUE;
  return kind === "percent" && !/[%％]\s*$/.test(bare) ? number.times("0.01") : number;
}

/** What stands in a control or output, as the value that formulas calculate with. */
function valueOf(element) {
  const text = textOf(element);
  if (element.type === "checkbox") return element.checked;
  if (text === "") return null;
  return isNumeric(element) ? typedNumber(text, element.dataset.kind) : text;
}

function treeOf(text) {
  if (!trees.has(text)) trees.set(text, JSON.parse(text));
  return trees.get(text);
}

/** One evaluation of a form: every formula at most once, those that others need first. */
class Round {
  constructor(form) {
    this.form = form;
    this.today = form.dataset.today || localToday();
    this.known = new Map();
    this.places = new Places(form);
    this.filled = new Map();            // name of a grid → its rows that hold something, for each that asks
    this.record = this.row("");
  }

  row(prefix, parent = null) {
    const path = (name) => (prefix ? `${prefix}.${name}` : name);
    const row = { prefix, parent, get: (name) => this.field(path(name), row), rows: (name) => this.rows(path(name), row) };
    return row;
  }

  rows(name, parent) {
    if (!this.filled.has(name)) {
      const there = this.form.querySelector(`[data-lines="${CSS.escape(name)}"]`);
      this.filled.set(name, there ? rowsOf(this.form, name).filter(isFilled).map(prefixOf) : null);
    }
    return this.filled.get(name)?.map((prefix) => this.row(prefix, parent)) ?? null;
  }

  field(path, row) {
    const element = this.places.find(path);
    if (!element) throw new Unknown(path);
    return element.dataset.formula ? this.computed(element, row) : valueOf(element);
  }

  /** The value of a field in a row; of a formula that cannot be told here what the server told of it last. */
  shown(row, name) {
    try {
      return row.get(name);
    } catch (error) {
      const element = this.places.find(`${row.prefix}.${name}`);
      if (!(error instanceof Unknown) || !element) throw error;
      return valueOf(element);
    }
  }

  /** The value of a computed field, rounded as it is stored; throws Unknown where it cannot be told here. */
  computed(element, row) {
    const path = pathOf(element);
    if (!this.known.has(path)) {
      this.known.set(path, undefined);                  // met again before it is known: a circle
      const value = evaluate(treeOf(element.dataset.formula), { row, this: row, today: this.today });
      const scale = element.dataset.scale;
      this.known.set(path, isNumber(value) && scale !== undefined ? round(value, Number(scale)) : value);
    }
    if (this.known.get(path) === undefined) throw new Unknown(path);
    return this.known.get(path);
  }
}

function isFilled(row) {
  if (row.querySelector('[name$=".id"]')?.value) return true;
  return [...row.querySelectorAll("[data-path]")].some((one) => one.type !== "checkbox" && textOf(one) !== "");
}

function shownDate(text) {
  const style = document.documentElement.lang.startsWith("zh") ? "long" : "medium";
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: style, timeZone: "UTC" }).format(new Date(text));
}

function shownNumber(number, { kind, scale, shown, prefix = "", suffix = "" }) {
  const least = shown ?? LEAST_SHOWN[kind] ?? 0;
  if (kind === "percent") return `${grouped(plain(number.times(100)), least, Math.max(least, 2))}%`;
  return prefix + grouped(plain(number), least, Math.max(least, scale ?? 12)) + suffix;
}

function show(output, value) {
  const data = output.dataset;
  if (isError(value) || value === null) return setOutput(output, "", "");
  const number = (name) => (data[name] === undefined || data[name] === "" ? undefined : Number(data[name]));
  if (isNumber(value)) return setOutput(output, plain(value), shownNumber(value, { ...data, scale: number("scale"), shown: number("shown") }));
  const text = String(value);
  return setOutput(output, text, /^\d{4}-\d{2}-\d{2}$/.test(text) ? shownDate(text) : text);
}

function attempt(step) {
  try {
    step();
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;       // the server's value stands
  }
}

/** A formula's tree in a row of a grid, as the text of a control; null where it cannot be told. */
function inRow(tree, row) {
  const round = new Round(row.closest("form"));
  const here = round.row(prefixOf(row), round.record);
  try {
    const value = evaluate(tree, { row: here, this: here, today: round.today });
    return value === null || isError(value) ? null : isNumber(value) ? plain(value) : String(value);
  } catch (error) {
    if (!(error instanceof Unknown)) throw error;
    return null;
  }
}

function rowFor(round, output) {
  const row = output.closest("[data-row]");
  return row ? round.row(prefixOf(row), round.record) : round.record;
}

function total(round, output) {
  const path = output.dataset.total.split(".");
  const rows = round.rows(path.slice(0, -1).join("."), round.record) ?? [];
  const values = rows.map((row) => round.shown(row, path.at(-1))).filter(isNumber);
  show(output, values.reduce((sum, value) => sum.plus(value), ZERO));
  // The sum of a column that no row shows says nothing.
  const cells = [...output.closest("table").querySelectorAll(`tbody [data-column="${path.at(-1)}"]`)];
  output.hidden = cells.length > 0 && cells.every((cell) => cell.hidden);
}

/** Evaluates all formulas of a form now. */
export function compute(form) {
  const round = new Round(form);
  form.querySelectorAll("[data-formula]").forEach((output) => {
    if (SHOWABLE.has(output.dataset.kind)) attempt(() => show(output, round.computed(output, rowFor(round, output))));
  });
  form.querySelectorAll("[data-total]").forEach((output) => attempt(() => total(round, output)));
}

function later(form) {
  if (!form?.matches("form[data-form]") || waiting.has(form)) return;
  waiting.add(form);
  requestAnimationFrame(() => { waiting.delete(form); compute(form); });
}

export function start() {
  computed(inRow);
  for (const name of ["input", "change", "lines:changed", "form:previewed"]) {
    document.addEventListener(name, (event) => later(event.target.closest?.("form")));
  }
}

export function prepare(root) {
  root.querySelectorAll("form[data-form]").forEach((form) => {
    if (form.querySelector("[data-formula], [data-total]")) compute(form);
  });
}
