// Figures and times as words. All times are UTC, as everywhere else in the server's answers.

import type { Timeline, Triage } from "./result.ts";

const NUMBER = new Intl.NumberFormat("en");
const SHARE = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit" });

const STATUSES = new Map([["in_progress", "in progress"]]);

export const number = (value: number): string => NUMBER.format(value);
export const share = (value: number): string => SHARE.format(value);
export const status = (name: string): string => STATUSES.get(name) ?? name;
export const category = (name: string): string => name.replaceAll("_", " ");
export const day = (at: number): string => DAY.format(at);
export const clock = (at: number): string => CLOCK.format(at);

export const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** `24 Nov, 10:38`; what is no time is left as it is. */
export function moment(said: string | number): string {
  const at = typeof said === "number" ? said : Date.parse(said);
  return Number.isNaN(at) ? String(said) : `${day(at)}, ${clock(at)}`;
}

/** `3.5 s`, `1 min 14 s`, `3 h 12 min`, `2 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const units: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const first = units.findIndex(([length]) => whole >= length);
  const [[length, unit] = [1, "s"], [shorter, smaller] = [1, "s"]] = units.slice(first, first + 2);
  const rest = Math.floor((whole % length) / shorter);
  return `${Math.floor(whole / length)} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
}

/** What the picture says, in a sentence or three. */
export function summary(triage: Triage): string {
  const { coverage, failed, groups, omitted, stuckCount } = triage;
  if (coverage.inWindow === 0) return "";
  const jobs = count(coverage.inWindow, "job");
  const said = [
    coverage.complete
      ? `${failed === 0 ? "None" : number(failed)} of ${jobs} failed.`
      : `Of ${jobs} read, ${failed === 0 ? "none" : number(failed)} failed.`,
  ];
  const [largest] = groups;
  if (largest) {
    const kinds = groups.length + (omitted?.groups ?? 0);
    const trend = largest.trend ? ` and is ${largest.trend}` : "";
    said.push(
      kinds === 1
        ? `They all say the same: ${category(largest.category)}${largest.trend ? `, ${largest.trend}` : ""}.`
        : `They fall into ${number(kinds)} groups; the largest (${category(largest.category)}) makes up ${share(largest.share)} of them${trend}.`,
    );
  }
  if (stuckCount > 0) said.push(`${count(stuckCount, "job")} ${stuckCount === 1 ? "is" : "are"} stuck.`);
  return said.join(" ");
}

export function window({ since, until }: Triage): string {
  if (since && until) return `Created from ${moment(since)} to ${moment(until)} UTC`;
  return until ? `Created until ${moment(until)} UTC` : "Of any age";
}

const STOPS = new Map([
  ["max_jobs", "as many jobs were read as it was asked to read"],
  ["time_budget", "the time for one call was over"],
  ["upstream_error", "Writer stopped answering"],
]);

/** What was read and, above all, what was not. */
export function coverage({
  coverage: { read, inWindow, total, complete, stoppedBy, moved, unreadable, message },
}: Triage): string {
  const listed = total === undefined || total < read ? "" : ` of the ${number(total)} that Writer lists`;
  const said = [`Read ${count(read, "job")}${listed}; in this window: ${number(inWindow)}.`];
  if (stoppedBy === "since") said.push("The rest is older than the window.");
  else if (complete) said.push("That is all of them.");
  else if (stoppedBy !== "end")
    said.push(
      `The reading stopped early: ${STOPS.get(stoppedBy) ?? category(stoppedBy)}. What was not read is in no figure here.`,
    );
  if (moved) said.push("Jobs arrived or left while they were read.");
  if (unreadable > 0) said.push(`${count(unreadable, "more job")} could not be read; the figures leave out unreadable jobs.`);
  if (message) said.push(message);
  return said.join(" ");
}

/** `23 Nov, 10:00–13:00`, or days where steps are days. */
export function step({ start, seconds }: Timeline, index: number): string {
  const from = start + index * seconds * 1000;
  const to = from + seconds * 1000;
  if (seconds >= 86_400) return seconds === 86_400 ? day(from) : `${day(from)} – ${day(to - 1)}`;
  return `${moment(from)}–${clock(to)}`;
}

/** When most jobs failed. */
export function peak(timeline: Timeline): string {
  const failed = timeline.counts.find(([name]) => name === "failed")?.[1] ?? [];
  const most = Math.max(0, ...failed);
  if (most === 0)
    return `No failure in ${count(timeline.counts[0]?.[1].length ?? 0, "step")} of ${duration(timeline.seconds)}.`;
  const at = failed.indexOf(most);
  const jobs = timeline.counts.reduce((sum, [, each]) => sum + (each[at] ?? 0), 0);
  return `Most failures: ${number(most)} of ${count(jobs, "job")}, ${step(timeline, at)} UTC.`;
}
