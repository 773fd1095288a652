// Where the cursor stands in a YAML text, by indentation and brackets: works on text that is not finished. Knows no schema.

const KEY = /^(?:"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s#:{}[\],&*!|>'"%@`-](?:[^:#{}[\],]|#(?<!\s#))*?))\s*:(?=\s|$)/;
const BLOCK_TEXT = /^[|>][+-]?\d?\s*(#.*)?$/;

const isNothing = (line) => /^\s*(#.*)?$/.test(line);

/** A line's parts: columns of its list dashes, column and name of its key, and what follows. */
function read(line) {
  let column = line.length - line.trimStart().length;
  const dashes = [];
  for (let found = /^-(\s+|$)/.exec(line.slice(column)); found; found = /^-(\s+|$)/.exec(line.slice(column))) {
    dashes.push(column);
    column += found[0].length;
  }
  const rest = line.slice(column);
  const found = KEY.exec(rest);
  const key = found ? found[1] ?? found[2] ?? found[3] : null;
  return { dashes, column, key, rest: found ? rest.slice(found[0].length).trimStart() : rest };
}

/** The brackets that are open at the end of a flow value (`{a: [b, {c: `), innermost last, and the word begun; null if none. */
export function flow(text) {
  const stack = [];
  let word = "";
  let quote = "";
  for (const sign of text) {
    const top = stack.at(-1);
    if (quote) {
      word += sign;
      if (sign === quote) quote = "";
    } else if (/["']/.test(sign) && !word.trim()) {
      quote = sign;
      word = sign;
    } else if (sign === "{" || sign === "[") {
      stack.push({ isList: sign === "[", key: null, keys: [] });
      word = "";
    } else if (sign === "}" || sign === "]") {
      stack.pop();
      word = "";
    } else if (sign === "," && top) {
      top.key = null;
      word = "";
    } else if (sign === ":" && top && !top.isList && top.key === null) {
      top.key = word.trim().replace(/^(["'])(.*)\1$/, "$2");
      top.keys.push(top.key);
      word = "";
    } else word += sign;
  }
  return stack.length ? { stack, word: word.trimStart() } : null;
}

// Steps of the path, each with its column: a step ends where something stands at its column or further left. A list may
// stand at the column of the key that it belongs to.
function push(steps, column, name) {
  const isItem = name === "[]";
  const ends = (step) => step.column > column || (step.column === column && (!isItem || step.name === "[]"));
  while (steps.length && ends(steps.at(-1))) steps.pop();
  steps.push({ column, name });
}

function enter(steps, part) {
  part.dashes.forEach((column) => push(steps, column, "[]"));
  if (part.key !== null) push(steps, part.column, part.key);
}

/** Steps before a row; `open` is an unfinished flow value that goes on in it; null inside a text block. */
function before(lines, row) {
  const steps = [];
  let open = "";
  let block = -1;
  for (const line of lines.slice(0, row)) {
    if (block >= 0 && (!line.trim() || line.search(/\S/) > block)) continue;
    block = -1;
    if (isNothing(line)) continue;
    const part = open ? null : read(line);
    if (part) enter(steps, part);
    const value = open ? `${open} ${line.trim()}` : part.rest;
    open = flow(value) ? value : "";
    if (part?.key !== null && BLOCK_TEXT.test(value)) block = part.column;
  }
  const here = lines[row];
  if (block >= 0 && here.search(/\S/) > block) return null;
  return { steps, open };
}

/** Keys of the mapping whose keys stand at this column around a row. */
function siblings(lines, row, column) {
  const keys = [];
  const look = (step) => {
    for (let at = row + step; at >= 0 && at < lines.length; at += step) {
      if (isNothing(lines[at])) continue;
      const part = read(lines[at]);
      const leftmost = part.dashes[0] ?? part.column;
      if (step > 0 && leftmost < column) return;
      if (part.column === column && part.key !== null) keys.push(part.key);
      if (leftmost < column) return;
    }
  };
  if (!read(lines[row]).dashes.length) look(-1);
  look(1);
  return keys;
}

function inFlow(owner, inner) {
  const path = inner.stack.flatMap((level) => (level.isList ? ["[]"] : level.key !== null ? [level.key] : []));
  const top = inner.stack.at(-1);
  return { path: [...owner, ...path], isKey: !top.isList && top.key === null, word: inner.word, keys: top.keys };
}

/**
 * The place of the cursor (0-based row and column): `path` (keys, "[]" for an item of a list), whether a key or a value
 * is being written there, the `word` begun, and the `keys` that the mapping already has. null inside a block of text.
 */
export function place(text, row, column) {
  const lines = text.split("\n");
  const past = before(lines, row);
  if (!past) return null;
  const names = () => past.steps.map((step) => step.name);
  const typed = lines[row].slice(0, column);
  if (past.open) return inFlow(names(), flow(`${past.open} ${typed.trimStart()}`) ?? { stack: [{ keys: [] }], word: "" });
  const part = read(typed);
  enter(past.steps, part);
  if (part.key === null) while (past.steps.length && past.steps.at(-1).column >= part.column) past.steps.pop();
  const inner = flow(part.rest);
  if (inner) return inFlow(names(), inner);
  if (part.key !== null) return { path: names(), isKey: false, word: part.rest, keys: [] };
  return { path: names(), isKey: true, word: part.rest, keys: siblings(lines, row, part.column) };
}
