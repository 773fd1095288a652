// Bundles what the browser gets into static/vendor: hashed scripts and styles, the icon set, a manifest, licence notices.
// Runs in the repository's root; run by hatch_build.py, which decides whether there is anything to do.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync, constants, brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { kit } from "./kit.mjs";
import { pictures } from "./pictures.mjs";

const FINAL = "static/vendor";
const OUT = "static/vendor.new";        // becomes FINAL when everything is there: a running server never sees half of it
const ENTRIES = ["frontend/core.js", "frontend/core.css", "frontend/scenes.css", "static/js/theme.js"];
const COMPRESSED = /\.(js|css|svg)$/;
const SPRITES = "frontend/icons";       // a list of names is a sprite: `shell.txt` becomes `shell.svg`

async function bundle() {
  const result = await build({
    entryPoints: ENTRIES,
    outdir: OUT,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    plugins: [kit],
    // Small pictures inside style sheets travel with them: the content security policy allows `data:` images.
    loader: { ".svg": "dataurl", ".woff2": "file" },
  });
  return result.metafile;
}

// The whole set is for the server, which draws rare icons into the page. The usual ones come as sprites: a page names
// them (`<use href>`), and a browser fetches them once and keeps them for good, as their names bear a hash.
async function icons() {
  const set = JSON.parse(await readFile("node_modules/@iconify-json/tabler/icons.json", "utf8"));
  const bodies = {};
  for (const [name, icon] of Object.entries(set.icons)) bodies[name] = icon.body;
  for (const [name, alias] of Object.entries(set.aliases ?? {})) bodies[name] ??= bodies[alias.parent];
  const text = JSON.stringify({ size: set.width ?? 24, icons: bodies });
  await writeFile(join(OUT, "icons.json.gz"), gzipSync(text, { level: 9 }));
  const found = {};
  for (const list of (await readdir(SPRITES)).sort()) found[list.replace(".txt", ".svg")] = await sprite(list, bodies);
  return found;
}

async function sprite(list, bodies) {
  const names = (await readFile(join(SPRITES, list), "utf8")).trim().split("\n");
  const unknown = names.filter((name) => !bodies[name]);
  if (unknown.length) throw new Error(`${SPRITES}/${list}: no such icons: ${unknown.join(", ")}`);
  const parts = names.map((name) => `<g id="${name}">${bodies[name]}</g>`).join("");
  const data = `<svg xmlns="http://www.w3.org/2000/svg">${parts}</svg>\n`;
  const file = list.replace(".txt", `-${hashOf(data)}.svg`);
  await writeFile(join(OUT, file), data);
  return { file, size: data.length, gzip: gzipSync(data, { level: 9 }).length, imports: [], lazy: [], icons: names };
}

const hashOf = (data) => createHash("sha256").update(data).digest("hex").slice(0, 8).toUpperCase();

// Pictures bear the hash of what they show in their name, as the bundles do: browsers keep them for good.
async function hashedPictures() {
  const found = {};
  for (const name of await pictures(OUT)) {
    const data = await readFile(join(OUT, name));
    const file = name.replace(".", `-${hashOf(data)}.`);
    await rename(join(OUT, name), join(OUT, file));
    found[name] = { file, size: data.length, gzip: data.length, imports: [], lazy: [] };
  }
  return found;
}

async function manifest(metafile) {
  const files = { ...(await hashedPictures()), ...(await icons()) };
  for (const [path, output] of Object.entries(metafile.outputs)) {
    const data = await readFile(path);
    const file = basename(path);
    const name = output.entryPoint ? basename(output.entryPoint) : file;
    files[name] = {
      file,
      size: data.length,
      gzip: gzipSync(data, { level: 9 }).length,
      integrity: "sha384-" + createHash("sha384").update(data).digest("base64"),
      // What the page must also fetch before this runs, so that it can be preloaded.
      imports: output.imports.filter((i) => i.kind === "import-statement").map((i) => basename(i.path)),
      lazy: output.imports.filter((i) => i.kind === "dynamic-import").map((i) => basename(i.path)),
    };
  }
  await writeFile(join(OUT, "manifest.json"), JSON.stringify(files, null, 1) + "\n");
}

// Ready-made compressed forms, so that the server does not compress the same file again and again.
async function compress() {
  for (const file of (await readdir(OUT)).filter((name) => COMPRESSED.test(name))) {
    const data = await readFile(join(OUT, file));
    await writeFile(join(OUT, file + ".gz"), gzipSync(data, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
    await writeFile(join(OUT, file + ".br"), brotliCompressSync(data, { params }));
  }
}

function packageFolder(path) {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
  return found && found[1];
}

async function licence(folder) {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => /^(licen[cs]e|notice|copying)/i.test(entry.name));
  const within = async (entry) => (await readdir(join(folder, entry.name))).map((name) => join(entry.name, name));
  const names = await Promise.all(entries.map((entry) => (entry.isDirectory() ? within(entry) : [entry.name])));
  const texts = await Promise.all(names.flat().sort().map((name) => readFile(join(folder, name), "utf8")));
  return texts.map((text) => text.trim()).join("\n\n");
}

async function notices(metafile) {
  const folders = new Set(Object.keys(metafile.inputs).map(packageFolder).filter(Boolean));
  folders.add("node_modules/@iconify-json/tabler");
  const parts = [];
  for (const folder of [...folders].sort()) {
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const text = await licence(folder);
    parts.push(`${about.name} ${about.version}\nLicence: ${about.license}\n\n${text}`.trim());
  }
  const rule = "\n\n" + "-".repeat(100) + "\n\n";
  await writeFile(join(OUT, "THIRD-PARTY-NOTICES.txt"), "Parts of other projects in this folder.\n\n" + parts.join(rule) + "\n");
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const metafile = await bundle();
await Promise.all([manifest(metafile), notices(metafile)]);
await compress();
await rm(FINAL, { recursive: true, force: true });
await rename(OUT, FINAL);
