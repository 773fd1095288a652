// Live figures of a form: formulas and column sums evaluated as one types, exactly. Knows no language of definitions.

import Big from "big.js";
import { evaluate, round } from "../static/js/formulas.js";
import { find, grouped, pathOf, prefixOf, rowsOf, setOutput, textOf } from "../static/js/paths.js";

Big.DP = 40;
Big.strict = false;

export { Big, evaluate, find, grouped, pathOf, prefixOf, round, rowsOf, setOutput, textOf };
export function start() {}
export function prepare() {}
