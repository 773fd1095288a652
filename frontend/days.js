// Dates without time, as texts `yyyy-MM-dd`: reading, counting, months that run over. Knows no tree and no page.

const DAY = 86400000;
const FIRST = Date.parse("0001-01-01");
const LAST = Date.parse("9999-12-31");

const pad = (number, width) => String(number).padStart(width, "0");

function stamp(year, month, day) {
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  return moment.getTime();
}

function shown(time) {
  if (!(time >= FIRST && time <= LAST)) return null;
  const moment = new Date(time);
  return `${pad(moment.getUTCFullYear(), 4)}-${pad(moment.getUTCMonth() + 1, 2)}-${pad(moment.getUTCDate(), 2)}`;
}

/** Year, month (from 1) and day of a date. */
export const parts = (date) => date.split("-").map(Number);

const time = (date) => stamp(...parts(date));

/** A date some days later; null outside of the calendar. */
export const addDays = (date, count) => shown(time(date) + count * DAY);

/** The days from `first` to `last`. */
export const between = (last, first) => Math.round((time(last) - time(first)) / DAY);

/** Monday is 1, Sunday 7. */
export const weekday = (date) => new Date(time(date)).getUTCDay() || 7;

/** The same day of another month, or its last day; null outside of the calendar. */
export function addMonths(date, count) {
  const [year, month, day] = parts(date);
  const months = year * 12 + month - 1 + count;
  const [toYear, toMonth] = [Math.floor(months / 12), (((months % 12) + 12) % 12) + 1];
  const length = new Date(stamp(toYear, toMonth + 1, 0)).getUTCDate();
  return toYear < 1 || toYear > 9999 ? null : shown(stamp(toYear, toMonth, Math.min(day, length)));
}

/** The last day of the month that lies `count` months away; null outside of the calendar. */
export function monthEnd(date, count) {
  const first = addMonths(`${date.slice(0, 8)}01`, count);
  if (!first) return null;
  const [year, month] = parts(first);
  return shown(stamp(year, month + 1, 0));
}

/** The day in the year `year`; months and days run over. null outside of the calendar. */
export function make(year, month, day) {
  if (year < 1 || year > 9999) return null;
  const start = addMonths(`${pad(year, 4)}-01-01`, month - 1);
  return start && addDays(start, day - 1);
}

/** The first day of the week (Monday), month, quarter or year that a date lies in. */
export function startOf(unit, date) {
  const [year, month] = parts(date);
  if (unit === "week") return addDays(date, 1 - weekday(date));
  const first = { month, quarter: Math.floor((month - 1) / 3) * 3 + 1, year: 1 }[unit];
  return `${pad(year, 4)}-${pad(first, 2)}-01`;
}

/** The week by ISO 8601: `2026-W13`; it belongs to the year of its Thursday. */
export function week(date) {
  const thursday = addDays(date, 4 - weekday(date)) ?? date;
  const [year] = parts(thursday);
  return `${year}-W${pad(Math.floor(between(thursday, `${pad(year, 4)}-01-01`) / 7) + 1, 2)}`;
}
