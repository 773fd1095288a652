// Leaves out of the kit's style sheet what no page can name: most of it. A rule stays if one of its selectors names no
// class, or only classes that stand as words somewhere in what draws pages: templates, the code beside them, our modules and
// those of packages that make elements. Knows nothing of what a class is for.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

const DRAWING = [
  ["engine/runtime/web", /\.(html|py)$/],
  ["engine/builder", /\.(html|py)$/],
  ["static/js", /\.js$/],
  ["frontend", /\.js$/],
  ["node_modules/@tabler/core/js/src/bootstrap", /(^|\/)(dropdown|base-component)\.ts$/],
  ["node_modules/tom-select/dist/esm", /\.js$/],
];
const KIT = /@tabler\/core\/dist\/css\/tabler\.css$/;
const WORD = /[\w-]+/g;
const CLASS = /\.(-?[A-Za-z_](?:[\w-]|\\.)*)/g;

async function words() {
  const found = new Set();
  for (const [folder, kind] of DRAWING) {
    for (const file of await readdir(folder, { recursive: true })) {
      if (!kind.test(file)) continue;
      for (const word of (await readFile(join(folder, file), "utf8")).match(WORD) ?? []) found.add(word);
    }
  }
  return found;
}

/** Whether a page can have what a selector wants; what stands in `:not(…)` or is one of several counts for nothing. */
function named(selector, known) {
  const innermost = /:(not|is|where|has)\([^()]*\)/g;
  let wanted = selector;
  while (innermost.test(wanted)) wanted = wanted.replace(innermost, "");
  return [...wanted.matchAll(CLASS)].every(([, name]) => known.has(name.replace(/\\/g, "")));
}

/** The selectors of a list, parted at its outer commas. */
function parts(list) {
  const found = [""];
  let depth = 0;
  for (const sign of list) {
    depth += sign === "(" || sign === "[" ? 1 : sign === ")" || sign === "]" ? -1 : 0;
    if (sign === "," && !depth) found.push("");
    else found[found.length - 1] += sign;
  }
  return found.map((one) => one.trim()).filter(Boolean);
}

/** Where the block ends that begins at this brace; braces in strings do not count. */
function end(css, from) {
  let depth = 0;
  let quote = "";
  for (let at = from; at < css.length; at += 1) {
    const sign = css[at];
    if (sign === "\\") at += 1;
    else if (quote) quote = sign === quote ? "" : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === "{") depth += 1;
    else if (sign === "}" && !(depth -= 1)) return at;
  }
  throw new Error("a block of the kit has no end");
}

/** The rules of a piece of the sheet of which a page can have something. */
function pruned(css, known) {
  const kept = [];
  for (let at = 0; ;) {
    const open = css.indexOf("{", at);
    if (open < 0) return kept.join("\n") + css.slice(at);
    const last = css.slice(at, open).lastIndexOf(";") + 1;          // `@charset …;` before the rule
    const head = css.slice(at + last, open).trim();
    const close = end(css, open);
    const body = css.slice(open + 1, close);
    kept.push(css.slice(at, at + last));
    if (/^@(media|supports|layer|container)/.test(head)) {
      const inner = pruned(body, known);
      if (inner.trim()) kept.push(`${head} {${inner}}`);
    } else if (head.startsWith("@")) {
      kept.push(`${head} {${body}}`);
    } else {
      const left = parts(head).filter((one) => named(one, known));
      if (left.length) kept.push(`${left.join(", ")} {${body}}`);
    }
    at = close + 1;
  }
}

/** For esbuild: loads the kit's sheet without what nothing names. */
export const kit = {
  name: "kit",
  setup(build) {
    build.onLoad({ filter: KIT }, async ({ path }) => {
      const css = (await readFile(path, "utf8")).replace(/\/\*[^]*?\*\//g, "");
      return { contents: pruned(css, await words()), loader: "css" };
    });
  },
};
