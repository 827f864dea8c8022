// Formats numbers, times and names. All times are UTC, as in all results of the server.

const NUMBER = new Intl.NumberFormat("en");
const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit" });

export const formatNumber = (value: number): string => NUMBER.format(value);
export const formatPercent = (value: number): string => PERCENT.format(value);
export const formatDay = (time: number): string => DAY.format(time);
export const formatClock = (time: number): string => CLOCK.format(time);
export const categoryLabel = (name: string): string => name.replaceAll("_", " ");
export const capitalize = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function pluralize(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}

/** `24 Nov, 10:38`, with the year if it differs from that of `reference`; an invalid time is returned as it is. */
export function formatTime(time: string | number, reference: string | number = time): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  const year = date.getUTCFullYear();
  const referenceYear = new Date(reference).getUTCFullYear();
  const shownYear = Number.isNaN(referenceYear) || referenceYear === year ? "" : ` ${year}`;
  return `${formatDay(date.getTime())}${shownYear}, ${formatClock(date.getTime())}`;
}

/** `3.9 s`, `2 min 5 s`, `10.5 h`, `54 h`, `7 d`. */
export function formatDuration(seconds: number): string {
  if (seconds < 59.5) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  const [length, unit] = whole < 3 * 86_400 ? [3_600, "h"] : [86_400, "d"];
  return `${formatNumber(Math.round((10 * seconds) / length) / 10)} ${unit}`;
}
