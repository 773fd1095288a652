// For the tests: evaluates formulas, one JSON line in, one out: {tree, record} → {value} or {unknown}.
import { createInterface } from "node:readline";
import { evaluate, Unknown } from "../../frontend/formulas.js";
import { Big, isNumber, plain } from "../../frontend/numbers.js";

const read = (value) => (value !== null && typeof value === "object" && "number" in value ? new Big(value.number) : value);
const shown = (value) => (isNumber(value) ? { number: plain(value) } : value === "" || value === undefined ? null : value);

function rowOf(fields, lines = {}, parent = null) {
  const row = { parent, get: (name) => read(fields[name] ?? null), rows: (name) => made[name] };
  const made = Object.fromEntries(Object.entries(lines).map(([name, rows]) => [name, rows.map((one) => rowOf(one, {}, row))]));
  return row;
}

function answer({ tree, record, lines, today }) {
  const row = rowOf(record, lines);
  try {
    return { value: shown(evaluate(tree, { row, this: row, today })) };
  } catch (error) {
    if (error instanceof Unknown) return { unknown: error.message };
    throw error;
  }
}

createInterface({ input: process.stdin }).on("line", (line) => process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`));
