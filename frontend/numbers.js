// Exact decimals as the engine means them: 34 digits, halves away from zero, errors as values. Knows no tree and no page.

import BigFactory from "big.js";

export const Big = BigFactory();
Big.DP = 12;                            // decimals of a quotient
Big.RM = BigFactory.roundHalfUp;        // away from zero, as the engine rounds
Big.NE = -1e6;                          // never an exponent in a text
Big.PE = 1e6;

const DIGITS = 34;
const LARGEST = 6144;
const MOST_PLACES = 60;

export const ZERO = new Big(0);
export const ONE = new Big(1);

export const failed = (code) => ({ error: code });
export const DIVISION_BY_ZERO = failed("#DIV/0!");
export const NO_NUMBER = failed("#NUM!");
export const NO_MATCH = failed("#N/A");
export const WRONG_VALUE = failed("#VALUE!");

export const isError = (value) => typeof value === "object" && value !== null && "error" in value;
export const isNumber = (value) => value instanceof Big;
export const isBlank = (value) => value === null || value === undefined || value === "";

/** The number, or an error where 34 digits cannot hold it. */
export const fit = (number) => (number.e > LARGEST || number.c.length > DIGITS ? NO_NUMBER : number);

/** The quotient, rounded half away from zero to 12 decimals. */
export const divide = (left, right) => (right.eq(0) ? DIVISION_BY_ZERO : fit(left.div(right)));

/** The rest of a division, with the sign of the divisor. */
export function modulo(number, divisor) {
  if (divisor.eq(0)) return DIVISION_BY_ZERO;
  const rest = number.mod(divisor);
  return !rest.eq(0) && rest.lt(0) !== divisor.lt(0) ? rest.plus(divisor) : rest;
}

/** Rounded to `places` decimals (negative: tens, hundreds …) by a rounding mode of big.js. */
export function round(number, places = 0, mode = Big.RM) {
  return number.round(Math.max(-MOST_PLACES, Math.min(places, MOST_PLACES)), mode);
}

/** Without exponent and trailing zeros. */
export const plain = (number) => (number.eq(0) ? "0" : number.toFixed());

/** A text in neutral notation as a number: `12.5`, `-3`, `30%`; null where it is none. */
export function parse(text) {
  const found = /^\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*([%％]?)\s*$/.exec(String(text));
  if (!found) return null;
  const number = new Big(found[1]);
  return found[2] ? number.times("0.01") : number;
}
