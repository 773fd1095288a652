// The functions that formulas may call in the browser, with the same results as the engine's. Knows no tree and no page.

import * as days from "./days.js";
import { Big, DIVISION_BY_ZERO, fit, isBlank, isError, isNumber, modulo, NO_MATCH, NO_NUMBER, ONE, plain, round, WRONG_VALUE, ZERO } from "./numbers.js";

/** A value as text: blank "", numbers plain. */
export function textOf(value) {
  if (value === null || value === undefined) return "";
  return isNumber(value) ? plain(value) : String(value);
}

const key = (value) => (isNumber(value) ? `number ${plain(value)}` : `${typeof value} ${value}`);

/** Whether two values are the same; an error operand is the result. Blank equals blank and nothing else. */
export function equal(left, right) {
  if (isError(left)) return left;
  if (isError(right)) return right;
  if (isBlank(left) || isBlank(right)) return isBlank(left) && isBlank(right);
  return key(left) === key(right);
}

/** Below zero, zero or above zero; an error operand is the result; null where a side is blank. */
export function compare(left, right) {
  if (isError(left)) return left;
  if (isError(right)) return right;
  if (isBlank(left) || isBlank(right)) return null;
  if (isNumber(left)) return left.cmp(right);
  return typeof left === "string" ? byCodePoint(left, right) : Number(left) - Number(right);
}

// JavaScript compares by UTF-16 units, which puts rare letters in another order than code points do.
function byCodePoint(left, right) {
  const [a, b] = [[...left], [...right]];
  const at = a.findIndex((sign, index) => sign !== b[index]);
  if (at < 0) return a.length - b.length;
  return at >= b.length ? 1 : a[at].codePointAt(0) - b[at].codePointAt(0);
}

const whole = (number) => Number(number.round(0, 0).toFixed());
const number = (count) => new Big(count);
const dated = (date) => date ?? NO_NUMBER;
const letters = (text) => [...text];

function left(text, count = ONE) {
  return count.lt(0) ? WRONG_VALUE : letters(text).slice(0, whole(count)).join("");
}

function right(text, count = ONE) {
  const all = letters(text);
  return count.lt(0) ? WRONG_VALUE : all.slice(Math.max(0, all.length - whole(count))).join("");
}

function mid(text, start, count) {
  if (start.lt(1) || count.lt(0)) return WRONG_VALUE;
  return letters(text).slice(whole(start) - 1, whole(start) - 1 + whole(count)).join("");
}

function date(first, month, day) {
  if (month === undefined && day === undefined) return first;
  if (![first, month, day].every(isNumber)) return NO_NUMBER;
  return dated(days.make(whole(first), whole(month), whole(day)));
}

function weekday(at, kind = ONE) {
  const day = days.weekday(at);
  const from = whole(kind);
  if (from === 3) return number(day - 1);
  const first = { 1: 7, 2: 1 }[from] ?? (from > 10 && from < 18 ? from - 10 : 0);
  return first ? number(((day - first + 7) % 7) + 1) : NO_NUMBER;
}

const monthEnd = (at, months = ZERO) => dated(days.monthEnd(at, whole(months)));

// To a multiple of `step`: `up` says whether the rest beyond the multiple below moves it to the next one.
const multiple = (up) => (value, step = ONE) => {
  if (step.eq(0) || value.eq(0)) return ZERO;
  if (value.gt(0) && step.lt(0)) return NO_NUMBER;
  const rest = modulo(value, step);
  return fit(value.minus(rest).plus(up(rest, step) ? step : ZERO));
};
const ceiling = multiple((rest) => !rest.eq(0));
const downwards = multiple(() => false);
const nearest = multiple((rest, step) => rest.abs().times(2).gte(step.abs()));

function floorTo(value, step = ONE) {
  return step.eq(0) && !value.eq(0) ? DIVISION_BY_ZERO : downwards(value, step);
}

function mround(value, step) {
  return !value.eq(0) && !step.eq(0) && value.lt(0) !== step.lt(0) ? NO_NUMBER : nearest(value, step);
}

function quotient(value, divisor) {
  return divisor.eq(0) ? DIVISION_BY_ZERO : fit(value.minus(value.mod(divisor)).div(divisor).round(0, 0));
}

function period(at, unit = "month") {
  const [year, month] = days.parts(at);
  const names = {
    year: () => `${year}`, quarter: () => `${year}-Q${Math.ceil(month / 3)}`, month: () => `${year}-${String(month).padStart(2, "0")}`,
    week: () => days.week(at), day: () => at,
  };
  const kind = unit.toLowerCase();
  return Object.hasOwn(names, kind) ? names[kind]() : NO_NUMBER;
}

const places = (mode) => (value, count = ZERO) => round(value, whole(count), mode);
const floor = (value) => { const cut = value.round(0, 0); return cut.gt(value) ? cut.minus(1) : cut; };
const start = (unit) => (at) => days.startOf(unit, at);

// What each takes: n a number (blank is 0), t a text (blank is ""), d a date (blank gives blank), v any value.
const PLAIN = {
  round: ["nn", places(Big.RM)], roundup: ["nn", places(3)], rounddown: ["nn", places(0)], trunc: ["nn", places(0)],
  int: ["n", floor], abs: ["n", (value) => value.abs()], sign: ["n", (value) => number(value.cmp(0))], mod: ["nn", modulo],
  ceiling: ["nn", ceiling], floor: ["nn", floorTo], mround: ["nn", mround], quotient: ["nn", quotient],
  len: ["t", (text) => number(letters(text).length)], left: ["tn", left], right: ["tn", right], mid: ["tnn", mid],
  upper: ["t", (text) => text.toUpperCase()], lower: ["t", (text) => text.toLowerCase()], exact: ["tt", (a, b) => a === b],
  contains: ["tt", (text, part) => text.includes(part)], starts: ["tt", (text, part) => text.startsWith(part)], ends: ["tt", (text, part) => text.endsWith(part)],
  date: ["vvv", date], year: ["d", (at) => number(days.parts(at)[0])], month: ["d", (at) => number(days.parts(at)[1])],
  day: ["d", (at) => number(days.parts(at)[2])], quarter: ["d", (at) => number(Math.ceil(days.parts(at)[1] / 3))], weekday: ["dn", weekday],
  edate: ["dn", (at, months) => dated(days.addMonths(at, whole(months)))], eomonth: ["dn", monthEnd], month_end: ["d", monthEnd],
  days: ["dd", (last, first) => number(days.between(last, first))], add_days: ["dn", (at, count) => dated(days.addDays(at, whole(count)))],
  week_start: ["d", start("week")], month_start: ["d", start("month")], quarter_start: ["d", start("quarter")], year_start: ["d", start("year")],
  quarter_end: ["d", (at) => monthEnd(days.startOf("quarter", at), number(2))], period: ["dt", period],
  isnumber: ["v", isNumber], istext: ["v", (value) => typeof value === "string" && value !== ""],
  isblank: ["v", isBlank], xor: ["v*", (...tests) => tests.filter((test) => test === true).length % 2 === 1],
};

function suited(kind, value) {
  if (kind === "n") return value ?? ZERO;
  return kind === "t" ? textOf(value) : value;
}

function call([kinds, body], args) {
  const kindAt = (place) => (kinds.endsWith("*") ? kinds[0] : kinds[place]);
  const values = [];
  for (const [place, arg] of args.entries()) {
    const value = arg();
    if (isError(value)) return value;
    values.push(suited(kindAt(place), value));
  }
  return values.some((value, place) => kindAt(place) === "d" && isBlank(value)) ? null : body(...values);
}

function ifs(args) {
  for (let place = 0; place + 1 < args.length; place += 2) {
    const test = args[place]();
    if (test === true) return args[place + 1]();
    if (isError(test)) return test;
  }
  return NO_MATCH;
}

function switched([subject, ...cases]) {
  const wanted = subject();
  if (isError(wanted)) return wanted;
  for (let place = 0; place + 1 < cases.length; place += 2) {
    const same = equal(wanted, cases[place]());
    if (same === true) return cases[place + 1]();
    if (same !== false) return same;
  }
  return cases.length % 2 ? cases.at(-1)() : NO_MATCH;
}

function choose([place, ...values]) {
  const index = place();
  if (isError(index)) return index;
  if (!isNumber(index) || index.lt(1) || index.gte(values.length + 1)) return WRONG_VALUE;
  return values[whole(index) - 1]();
}

function conditional([condition, then, otherwise]) {
  const test = condition();
  if (test === true) return then();
  if (isError(test)) return test;
  return otherwise ? otherwise() : null;
}

// These evaluate only what they return; their arguments come as functions.
const LAZY = {
  if: conditional, ifs, switch: switched, choose,
  iferror: ([tried, otherwise]) => { const value = tried(); return isError(value) ? otherwise() : value; },
  ifblank: ([tried, otherwise]) => { const value = tried(); return isBlank(value) ? otherwise() : value; },
  iserror: ([tried]) => isError(tried()),
};

/** Calls a function of the language; `args` are functions that give the arguments. undefined: there is none of this name. */
export function run(name, args) {
  if (Object.hasOwn(LAZY, name)) return LAZY[name](args);
  return Object.hasOwn(PLAIN, name) ? call(PLAIN[name], args) : undefined;
}
