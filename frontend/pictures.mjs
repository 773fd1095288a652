// Draws static/icon.svg as PNG pictures for phones and desktops that install the site: no picture is kept by hand.
// Knows as much of SVG as that file uses: one rounded square, paths of straight lines (M h v H V L z), fill, opacity.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

const VIEW = 24;
const FINE = 4;          // each pixel is the mean of FINE × FINE points

function polygons(d) {
  const found = [];
  let at = [0, 0], ring = [];
  for (const [, command, rest] of d.matchAll(/([MhvHVLlz])([^MhvHVLlz]*)/g)) {
    const numbers = (rest.match(/-?[\d.]+/g) ?? []).map(Number);
    if (command === "M" || command === "L") at = numbers;
    else if (command === "H") at = [numbers[0], at[1]];
    else if (command === "V") at = [at[0], numbers[0]];
    else if (command === "h") at = [at[0] + numbers[0], at[1]];
    else if (command === "v") at = [at[0], at[1] + numbers[0]];
    else if (command === "l") at = [at[0] + numbers[0], at[1] + numbers[1]];
    if (command === "z") { found.push(ring); ring = []; } else ring.push(at);
  }
  return found;
}

function isInside(ring, x, y) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[i], [bx, by] = ring[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

const isInSquare = (radius, x, y) => {
  const dx = Math.max(radius - x, x - (VIEW - radius), 0), dy = Math.max(radius - y, y - (VIEW - radius), 0);
  return dx * dx + dy * dy <= radius * radius;
};

const rgb = (text) => {
  const hex = text.length === 4 ? [...text.slice(1)].map((c) => c + c).join("") : text.slice(1);
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
};

/** What the file draws: the ground with its corners' radius, then shapes. */
function figure(svg) {
  const [, corner, ground] = /<rect[^>]*rx="([\d.]+)"[^>]*fill="(#\w+)"/.exec(svg);
  const paths = [...svg.matchAll(/<path d="([^"]+)" fill="(#\w+)"(?: opacity="([\d.]+)")?/g)];
  return {
    corner: Number(corner),
    ground: rgb(ground),
    shapes: paths.map(([, d, fill, opacity]) => ({ rings: polygons(d), color: rgb(fill), opacity: Number(opacity ?? 1) })),
  };
}

// A maskable picture fills its square, and its figure stays within the circle that every mask leaves.
function point(drawn, x, y, maskable) {
  if (!maskable && !isInSquare(drawn.corner, x, y)) return [0, 0, 0, 0];
  const [px, py] = maskable ? [(x - 12) / 0.8 + 12, (y - 12) / 0.8 + 12] : [x, y];
  let color = drawn.ground;
  for (const shape of drawn.shapes) {
    if (shape.rings.some((ring) => isInside(ring, px, py))) color = color.map((c, i) => c + (shape.color[i] - c) * shape.opacity);
  }
  return [...color, 255];
}

/** The mean of the points of a pixel; one whose corners agree is of one colour. */
function pixel(drawn, x, y, scale, maskable, corners) {
  if (corners.every((one) => one.every((part, i) => part === corners[0][i]))) return corners[0];
  const sum = [0, 0, 0, 0];
  for (let n = 0; n < FINE * FINE; n++) {
    const [r, g, b, a] = point(drawn, (x + ((n % FINE) + 0.5) / FINE) * scale, (y + (Math.floor(n / FINE) + 0.5) / FINE) * scale, maskable);
    [r * a, g * a, b * a, a].forEach((part, i) => (sum[i] += part));
  }
  return [...sum.slice(0, 3).map((part) => (sum[3] ? part / sum[3] : 0)), sum[3] / (FINE * FINE)];
}

function pixels(drawn, size, maskable) {
  const rows = Buffer.alloc((size * 4 + 1) * size);
  const scale = VIEW / size;
  const corners = (y) => Array.from({ length: size + 1 }, (_, x) => point(drawn, x * scale, y * scale, maskable));
  for (let y = 0, above = corners(0); y < size; y++) {
    const below = corners(y + 1);
    for (let x = 0; x < size; x++) {
      const shade = pixel(drawn, x, y, scale, maskable, [above[x], above[x + 1], below[x], below[x + 1]]);
      rows.set(shade.map(Math.round), y * (size * 4 + 1) + 1 + x * 4);
    }
    above = below;
  }
  return rows;
}

function chunk(kind, data) {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
  const length = Buffer.alloc(4), sum = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function png(drawn, size, maskable) {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);              // 8 bits each of red, green, blue and opacity
  const parts = [chunk("IHDR", head), chunk("IDAT", deflateSync(pixels(drawn, size, maskable), { level: 9 })), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...parts]);
}

/** Writes the pictures into a folder; gives the names of the files. */
export async function pictures(folder) {
  const drawn = figure(await readFile("static/icon.svg", "utf8"));
  const wanted = [["icon-192.png", 192, false], ["icon-512.png", 512, false], ["icon-512-maskable.png", 512, true], ["icon-180.png", 180, true]];
  for (const [name, size, maskable] of wanted) await writeFile(join(folder, name), png(drawn, size, maskable));
  return wanted.map(([name]) => name);
}
