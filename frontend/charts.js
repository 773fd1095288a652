// Draws charts from the options that the server built. Loaded only by pages that have one. Knows no report.

import { BarChart, FunnelChart, GaugeChart, HeatmapChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { AriaComponent, DataZoomComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import chinese from "echarts/lib/i18n/langZH.js";
import { grouped } from "../static/js/paths.js";

echarts.use([
  BarChart, LineChart, PieChart, FunnelChart, GaugeChart, HeatmapChart, ScatterChart, SVGRenderer, AriaComponent,
  GridComponent, TooltipComponent, LegendComponent, DataZoomComponent, MarkLineComponent, VisualMapComponent,
]);
echarts.registerLocale("ZH", chinese);

const drawn = new Set();
const HUES = [168, 62, 255, 25, 305, 120, 212, 350];

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";
const language = () => document.documentElement.lang || "en";

const palette = () => HUES.map((hue) => oklch(isDark() ? 0.74 : 0.56, 0.11, (hue * Math.PI) / 180));

// The renderer interpolates colours itself and reads no oklch: the conversion by the formulas of CSS Color 4.
function oklch(lightness, chroma, hue) {
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const shown = linear.map((one) => (one <= 0.0031308 ? 12.92 * one : 1.055 * one ** (1 / 2.4) - 0.055));
  return `#${shown.map((one) => Math.round(255 * Math.min(1, Math.max(0, one))).toString(16).padStart(2, "0")).join("")}`;
}

const share = (value) => new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 1 }).format(value);
const compact = (value) => new Intl.NumberFormat(language(), { notation: "compact", maximumFractionDigits: 1 }).format(value);

// A few long names stand slanted, all of them; of many, or of days and months, as many as have room.
function names(data) {
  const slanted = data.length > 3 && data.length <= 12 && data.some((name) => String(name).length > 7);
  return slanted ? { interval: 0, rotate: 32, width: 96, overflow: "truncate", hideOverlap: false } : {};
}

function axis(option) {
  const line = { lineStyle: { color: token("--fw-line") } };
  const label = { color: token("--fw-ink-2"), hideOverlap: true, ...(option.type === "category" ? names(option.data ?? []) : { formatter: option.percent ? share : compact }) };
  return { axisLine: line, axisTick: { show: false }, splitLine: line, ...option, axisLabel: { ...label, ...option.axisLabel } };
}

// The names of a pie's pieces stand in its legend: beside the pieces they are cut off in a narrow card.
const DIAL = {
  radius: "94%", center: ["50%", "58%"], startAngle: 205, endAngle: -25, pointer: { show: false }, axisTick: { show: false }, splitLine: { show: false },
  progress: { show: true, width: 14 },
};
const dial = (one) => ({
  ...DIAL,
  axisLine: { lineStyle: { width: 14, color: [[1, token("--fw-line")]] } },
  axisLabel: { color: token("--fw-ink-3"), distance: 18, fontSize: 10.5, formatter: (value) => (value === one.min || value === one.max ? compact(value) : "") },
  title: { color: token("--fw-ink"), fontSize: 18, fontWeight: 650, offsetCenter: [0, "4%"] },
  detail: { show: false },
  ...one,
});
const funnel = (one) => ({ left: 8, top: 8, bottom: 8, width: "56%", ...one, label: { position: "right", color: token("--fw-ink-2"), ...one.label } });
const LOOKS = { gauge: dial, funnel };

// A column that says how its figures are shown has them read by the server, one for each point.
const read = (one) => (one.shown ? { ...one, tooltip: { valueFormatter: (_, at) => one.shown[at] } } : one);
const series = (one) => looked(read(one));
const looked = (one) => (LOOKS[one.type] ? LOOKS[one.type](one) : one.type === "pie" ? { label: { show: false }, ...one } : one.type === "bar" ? { barMaxWidth: 42, ...one } : one);

const each = (value, change) => (Array.isArray(value) ? value.map(change) : value ? change(value) : value);

function dressed(option, element) {
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const text = { color: token("--fw-ink-2"), fontFamily: token("--fw-font") };
  return {
    color: palette(),
    backgroundColor: "transparent",
    animation: !reduced,
    animationDuration: 300,
    textStyle: text,
    aria: { enabled: true },
    ...option,
    grid: { left: 8, right: 16, top: option.legend && option.legend.show !== false ? 36 : 16, bottom: 8, ...option.grid, containLabel: true },
    legend: option.legend && { icon: "roundRect", itemWidth: 10, itemHeight: 10, top: 0, left: 0, textStyle: text, ...option.legend },
    series: each(option.series, series),
    xAxis: each(option.xAxis, axis),
    yAxis: each(option.yAxis, axis),
    tooltip: {
      trigger: option.xAxis ? "axis" : "item",
      ...option.tooltip,
      renderMode: "richText",                     // an HTML tooltip would run what is in the data
      confine: true,
      backgroundColor: token("--fw-surface"),
      borderColor: token("--fw-line-strong"),
      textStyle: { color: token("--fw-ink"), fontSize: 12.5 },
      valueFormatter: (value) => (typeof value === "number" ? grouped(value, element.dataset.scale ?? 0, element.dataset.scale ?? 6) : value ?? "—"),
    },
  };
}

function draw(element) {
  const option = JSON.parse(element.dataset.chart);
  element.classList.add("fw-chart");
  echarts.getInstanceByDom(element)?.dispose();
  const chart = echarts.init(element, null, { renderer: "svg", locale: language().startsWith("zh") ? "ZH" : "EN" });
  chart.setOption(dressed(option, element));
  chart.on("click", (event) => { if (event.data?.url) window.location.assign(event.data.url); });
  element.setAttribute("role", "img");
  if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", element.querySelector("[aria-label]")?.getAttribute("aria-label") ?? "");
  drawn.add(element);
}

const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => echarts.getInstanceByDom(target)?.resize()));

new MutationObserver(() => {
  for (const element of drawn) {
    if (element.isConnected) draw(element);
    else drawn.delete(element);
  }
}).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });

export function prepare(root) {
  root.querySelectorAll("[data-chart]").forEach((element) => {
    if (drawn.has(element)) return;
    draw(element);
    sizes.observe(element);
  });
}
