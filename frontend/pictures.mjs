// Draws static/icon.svg as PNG pictures for phones and desktops that install the site: no picture is kept by hand.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Resvg } from "@resvg/resvg-js";

// Name, pixels of a side, whether it is maskable: then it fills its square, and its figure stays within the circle that
// every mask leaves.
const WANTED = [["icon-192.png", 192, false], ["icon-512.png", 512, false], ["icon-512-maskable.png", 512, true], ["icon-180.png", 180, true]];

/** The same picture with square corners and a smaller figure. */
const filled = (svg) => svg
  .replace(/(<rect[^>]*?) rx="[\d.]+"([^>]*>)/, '$1$2<g transform="translate(2.4 2.4) scale(.8)">')
  .replace("</svg>", "</g></svg>");

/** Writes the pictures into a folder; gives the names of the files. */
export async function pictures(folder) {
  const svg = await readFile("static/icon.svg", "utf8");
  for (const [name, size, maskable] of WANTED) {
    const drawn = new Resvg(maskable ? filled(svg) : svg, { fitTo: { mode: "width", value: size } });
    await writeFile(join(folder, name), drawn.render().asPng());
  }
  return WANTED.map(([name]) => name);
}
