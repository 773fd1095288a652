// Evaluates the JSON tree of a formula (its format: engine/expressions/README.md). Knows no page: a row is anything with
// `get(name)`, `rows(name)` and `parent`.

import * as aggregates from "./aggregates.js";
import { compare, equal, run, textOf } from "./functions.js";
import { Big, divide, fit, isBlank, isError, ZERO } from "./numbers.js";

/** Thrown where the tree needs something that is not on the page: the server's value then stands. */
export class Unknown extends Error {}

/** The value of a tree. `frame`: {row, this, today, names}; the value is a Big, text, boolean, null or {error}. */
export function evaluate(tree, frame) {
  if (tree === null || typeof tree !== "object") return tree;
  if ("number" in tree) return new Big(tree.number);
  if ("get" in tree || "this" in tree) return field(tree, frame);
  if ("op" in tree) return (OPERATORS[tree.op] ?? unknown(tree.op))(tree.args, frame);
  if ("call" in tree) return call(tree, frame);
  if ("aggregate" in tree) return aggregate(tree, frame);
  return unknown(Object.keys(tree).join());
}

function unknown(name) {
  throw new Unknown(name);
}

function owner(tree, frame) {
  const path = tree.get ?? tree.this;
  let row = tree.from ? frame.names?.[tree.from] : tree.this ? frame.this : frame.row;
  for (const step of path.slice(0, -1)) row = step === "parent" ? row?.parent : undefined;
  if (!row) throw new Unknown(path.join("."));
  return { row, name: path.at(-1) };
}

function field(tree, frame) {
  const { row, name } = owner(tree, frame);
  const value = row.get(name);
  return value === "" || value === undefined ? null : value;
}

function call(tree, frame) {
  if (tree.call === "today") return frame.today;
  const value = run(tree.call, tree.args.map((arg) => () => evaluate(arg, frame)));
  return value === undefined ? unknown(tree.call) : value;
}

const numeric = (step) => (args, frame) => {
  const [left, right] = args.map((arg) => evaluate(arg, frame));
  if (isError(left)) return left;
  if (isError(right)) return right;
  const result = step(left ?? ZERO, right ?? ZERO);
  return isError(result) ? result : fit(result);
};

const ordered = (holds) => (args, frame) => {
  const sign = compare(...args.map((arg) => evaluate(arg, frame)));
  if (sign === null) return false;
  return isError(sign) ? sign : holds(sign);
};

const same = (wanted) => (args, frame) => {
  const answer = equal(...args.map((arg) => evaluate(arg, frame)));
  return isError(answer) ? answer : answer === wanted;
};

const joined = (args, frame) => {
  const parts = [];
  for (const arg of args) {
    const value = evaluate(arg, frame);
    if (isError(value)) return value;
    parts.push(textOf(value));
  }
  return parts.join("");
};

function allOf(args, frame) {
  for (const arg of args) {
    const value = evaluate(arg, frame);
    if (value !== true) return isError(value) ? value : false;
  }
  return true;
}

function anyOf(args, frame) {
  for (const arg of args) {
    const value = evaluate(arg, frame);
    if (value === true || isError(value)) return value;
  }
  return false;
}

function among([subject, items], frame) {
  const wanted = evaluate(subject, frame);
  if (isError(wanted)) return wanted;
  const values = items.list.map((item) => evaluate(item, frame));
  return values.find(isError) ?? values.some((value) => equal(wanted, value) === true);
}

const single = (step) => ([arg], frame) => {
  const value = evaluate(arg, frame);
  return isError(value) ? value : step(value);
};

const OPERATORS = {
  "+": numeric((left, right) => left.plus(right)),
  "-": numeric((left, right) => left.minus(right)),
  "*": numeric((left, right) => left.times(right)),
  "/": numeric(divide),
  neg: single((value) => (value ?? ZERO).times(-1)),
  "&": joined,
  "=": same(true),
  "!=": same(false),
  "<": ordered((sign) => sign < 0),
  "<=": ordered((sign) => sign <= 0),
  ">": ordered((sign) => sign > 0),
  ">=": ordered((sign) => sign >= 0),
  and: allOf,
  or: anyOf,
  not: single((value) => value !== true),
  in: among,
  blank: single(isBlank),
};

function sorted(rows, sort, at) {
  const keys = new Map(rows.map((row) => [row, sort.map((one) => evaluate(one.by, at(row)))]));
  const isLast = (value) => isBlank(value) || isError(value);
  const order = (a, b) => {
    for (const [place, { descending }] of sort.entries()) {
      const [left, right] = [keys.get(a)[place], keys.get(b)[place]];
      if (isLast(left) || isLast(right)) {
        if (isLast(left) !== isLast(right)) return isLast(left) ? 1 : -1;
        continue;
      }
      const sign = compare(left, right);
      if (sign !== 0) return descending ? -sign : sign;
    }
    return 0;
  };
  return [...rows].sort(order);
}

function rowsOf(tree, frame, at) {
  const { row, name } = owner(tree.rows, frame);
  const rows = row.rows(name);
  if (!rows) throw new Unknown(name);
  const kept = [];
  for (const one of rows) {
    const verdict = tree.where === undefined ? true : evaluate(tree.where, at(one));
    if (isError(verdict)) return verdict;
    if (verdict === true) kept.push(one);
  }
  return tree.sort ? sorted(kept, tree.sort, at) : kept;
}

function aggregate(tree, frame) {
  const args = (tree.args ?? []).map((arg) => evaluate(arg, frame));
  const at = (row) => ({ ...frame, row, names: tree.as ? { ...frame.names, [tree.as]: row } : frame.names });
  const rows = tree.values ? null : rowsOf(tree, frame, at);
  if (isError(rows)) return rows;
  const wrong = args.find(isError);
  if (wrong) return wrong;
  // Without a value the rows themselves are counted: none of them is blank.
  const valueOf = (row) => (tree.value === undefined ? true : evaluate(tree.value, at(row)));
  const values = rows ? rows.map(valueOf) : tree.values.map((one) => evaluate(one, frame));
  const result = aggregates.run(tree.aggregate, values, args);
  return result === undefined ? unknown(tree.aggregate) : result;
}
