// Aggregates of formulas over values in order, with the same results as the engine's. Knows no tree and no page.

import { compare, textOf } from "./functions.js";
import { Big, divide, fit, isBlank, isError, isNumber, ZERO } from "./numbers.js";

const key = (value) => (isNumber(value) ? value.toFixed() : `${typeof value} ${value}`);
const chain = (values, step) => values.reduce((total, value) => (isError(total) ? total : fit(step(total, value))));
const extreme = (values, sign) => values.reduce((best, value) => (compare(value, best) * sign > 0 ? value : best));

function exists(values) {
  for (const value of values) {
    if (isError(value)) return value;
    if (value !== false && value !== null) return true;
  }
  return false;
}

function every(values) {
  for (const value of values) {
    if (isError(value)) return value;
    if (value !== true) return false;
  }
  return true;
}

const sum = (values) => (values.length ? chain(values, (total, value) => total.plus(value)) : ZERO);

const KNOWN = {
  sum,
  product: (values) => (values.length ? chain(values, (total, value) => total.times(value)) : ZERO),
  count: (values) => new Big(values.length),
  count_unique: (values) => new Big(new Set(values.map(key)).size),
  average: (values) => { const total = sum(values); return isError(total) ? total : divide(total, new Big(values.length)); },
  min: (values) => (values.length ? extreme(values, -1) : null),
  max: (values) => (values.length ? extreme(values, 1) : null),
  join: (values, separator = ", ") => values.map(textOf).join(separator),
};
// These look at blanks too, and stop at what decides.
const ORDERED = { first: (values) => values[0] ?? null, last: (values) => values.at(-1) ?? null, exists, any: exists, all: every };

/** The result of an aggregate over values; undefined: there is none of this name. */
export function run(name, values, args) {
  if (Object.hasOwn(ORDERED, name)) return ORDERED[name](values);
  if (!Object.hasOwn(KNOWN, name)) return undefined;
  const filled = values.filter((value) => !isBlank(value));
  return filled.find(isError) ?? KNOWN[name](filled, ...args);
}
