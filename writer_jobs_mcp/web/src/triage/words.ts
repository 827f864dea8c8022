// Figures and times as words. All times are UTC, as everywhere else in the server's answers.

import type { Group, Timeline, Triage } from "./result.ts";

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

/** `24 Nov, 10:38`, with the year where it is not that of the time beside it; what is no time is left as it is. */
export function moment(said: string | number, beside: string | number = said): string {
  const at = new Date(said);
  if (Number.isNaN(at.getTime())) return String(said);
  const year = at.getUTCFullYear();
  const other = new Date(beside).getUTCFullYear();
  return `${day(at.getTime())}${Number.isNaN(other) || other === year ? "" : ` ${year}`}, ${clock(at.getTime())}`;
}

/** `3.9 s`, `2 min 5 s`, `10.5 h`, `54 h`, `7 d`. */
export function duration(seconds: number): string {
  if (seconds < 59.5) return `${Number(seconds.toPrecision(3))} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ""}`;
  const [length, unit] = whole < 3 * 86_400 ? [3_600, "h"] : [86_400, "d"];
  return `${number(Math.round((10 * seconds) / length) / 10)} ${unit}`;
}

/** `the 24 h before`. */
export function spanBefore(triage: Triage): string {
  const length = windowLength(triage);
  return length === undefined ? "the window before" : `the ${duration(length)} before`;
}

/** Seconds. */
function windowLength({ since, until }: Triage): number | undefined {
  const length = (Date.parse(until ?? "") - Date.parse(since ?? "")) / 1000;
  return Number.isNaN(length) ? undefined : length;
}

/** What the picture says, in a few sentences. Each is true by itself: it speaks of the jobs that were read. */
export function summary(triage: Triage): string {
  const { coverage, failed, groups, stuckCount } = triage;
  const sentences = coverage.inWindow > 0 ? [howManyFailed(triage, failed)] : [];
  const [largest] = [...groups].sort((one, other) => other.count - one.count);
  if (coverage.inWindow > 0 && largest) sentences.push(...aboutGroups(triage, largest));
  if (stuckCount) sentences.push(`${count(stuckCount, "job")} ${stuckCount === 1 ? "is" : "are"} stuck.`);
  return sentences.join(" ");
}

function howManyFailed({ coverage, since }: Triage, failed: number): string {
  const jobs = count(coverage.inWindow, "job");
  if (coverage.complete) return `${failed === 0 ? "None" : number(failed)} of ${jobs} failed.`;
  const some = `${failed === 0 ? "none" : number(failed)} failed`;
  if (isReadThrough(coverage)) return `Of the ${jobs} that could be read, ${some}.`;
  if (!coverage.readBackTo) return `Of ${jobs} that were read, in no order of time, ${some}; the others were not read.`;
  const newest = count(coverage.inWindow, "newest job");
  const [window, rest] = since ? [" of this window", "the rest of it was not read"] : ["", "older jobs were not read"];
  return `Of the ${newest}${window}, back to ${moment(coverage.readBackTo)} UTC, ${some}; ${rest}.`;
}

function aboutGroups(triage: Triage, largest: Group): string[] {
  const { groups, omitted } = triage;
  const all = groups.length + (omitted?.groups ?? 0);
  const trend = largest.trend && trendInWords(triage, largest);
  if (all === 1) {
    const cause = `${largest.count === 1 ? "Its cause" : "All have one cause"}: ${category(largest.category)}.`;
    return trend ? [cause, `It ${trend}.`] : [cause];
  }
  // A larger group may be among those that are left out, since new ones are shown before others.
  const which = omitted && groups.every((group) => group.trend === "new") ? "largest shown" : "largest";
  const then = trend || `makes up ${share(largest.share)} of the failures`;
  const sentences = [`They fall into ${number(all)} groups; the ${which} (${causeAndJobs(largest)}) ${then}.`];
  const [first, ...others] = groups.filter((group) => group.trend === "new" && group !== largest);
  const more = others.length + (omitted?.new ?? 0);
  if (first && more === 0) sentences.push(`1 other group is new: ${causeAndJobs(first)}.`);
  else if (first) sentences.push(`${number(more + 1)} other groups are new, the largest: ${causeAndJobs(first)}.`);
  return sentences;
}

function causeAndJobs(group: Group): string {
  return `${group.category === "unknown" ? "unknown cause" : category(group.category)}, ${count(group.count, "job")}`;
}

function trendInWords(triage: Triage, { trend, before }: Group): string {
  if (trend === "new") return `is new: none in ${spanBefore(triage)}`;
  const jobs = triage.before ? ` of ${count(triage.before.jobs, "job")}` : "";
  return `is ${trend}: ${number(before ?? 0)}${jobs} in ${spanBefore(triage)}`;
}

/** The window before, in a sentence. */
export function before(triage: Triage): string {
  if (!triage.before) return "";
  const { since, jobs, failed, failureRate } = triage.before;
  const span = `${spanBefore(triage)} (from ${moment(since)} UTC)`;
  if (jobs === 0) return `No jobs in ${span}: nothing to compare with.`;
  return `In ${span}, ${number(failed)} of ${count(jobs, "job")} failed${failureRate === undefined ? "" : ` (${share(failureRate)})`}.`;
}

export function window(triage: Triage): string {
  const { since, until, coverage } = triage;
  const length = windowLength(triage);
  const asked =
    since && until
      ? `Created from ${moment(since, until)} to ${moment(until)} UTC${length === undefined ? "" : ` (${duration(length)})`}`
      : until
        ? `Created before ${moment(until)} UTC`
        : "Of any age";
  return coverage.readBackTo ? `${asked}, read back to ${moment(coverage.readBackTo)} UTC` : asked;
}

/** When the application was last deployed, and what began soon after. */
export function deployment({ lastDeployedAt, groups, until }: Triage): string {
  const deployed = Date.parse(lastDeployedAt);
  if (Number.isNaN(deployed)) return "";
  const began = groups
    .filter(({ trend }) => trend === "new")
    .map((group) => ({ ...group, after: (Date.parse(group.firstSeen) - deployed) / 1000 }))
    .filter(({ after }) => after >= 0 && after <= 3_600)
    .map((group) => `${category(group.category)} ${duration(group.after)} later`);
  return `Last deployed ${moment(lastDeployedAt, until)} UTC${began.length ? `; new since then: ${began.join(", ")}` : ""}.`;
}

/** Why nothing of the window is shown. */
export function noneRead({ coverage, until = "" }: Triage): string {
  const { complete, read, readBackTo } = coverage;
  if (complete) return "No jobs in this window.";
  if (read === 0) return "No job could be read.";
  if (isReadThrough(coverage)) return "No jobs that could be read were created in this window.";
  const newest = count(read, "newest job");
  if (!readBackTo)
    return `This window was not reached: none of the ${number(read)} read is in it, and they are in no order of time.`;
  return Date.parse(readBackTo) < Date.parse(until)
    ? `No jobs were created from ${moment(readBackTo)} to ${moment(until)} UTC; the rest of the window was not read.`
    : `This window was not reached: the ${newest} were read, back to ${moment(readBackTo)} UTC, and it ends at ${moment(until)}.`;
}

/** Whether the reading came to the end of the window, so that only jobs that cannot be read are left out. */
function isReadThrough({ stoppedBy }: Triage["coverage"]): boolean {
  return stoppedBy === "end" || stoppedBy === "since";
}

const STOPS = new Map([
  ["max_jobs", "as many jobs were read as were asked for"],
  ["time_budget", "the time for one call was over"],
  ["upstream_error", "Writer stopped answering"],
]);

/** What was read and, above all, what was not. */
export function coverage(triage: Triage): string {
  const { read, inWindow, total, complete, stoppedBy, readBackTo, moved, unreadable, message } = triage.coverage;
  const listed = total === undefined || total < read ? "" : ` of the ${number(total)} that Writer lists`;
  const backTo = readBackTo && `, back to ${moment(readBackTo)} UTC`;
  const sentences = [`Read ${count(read, "job")}${listed}${backTo}; in this window: ${number(inWindow)}.`];
  if (stoppedBy === "since") sentences.push(`The rest is older than ${triage.before ? "what is compared" : "the window"}.`);
  else if (complete) sentences.push("That is all of them.");
  else if (stoppedBy !== "end")
    sentences.push(
      `The reading stopped early: ${STOPS.get(stoppedBy) ?? category(stoppedBy)}. What was not read is in no figure here.`,
    );
  if (moved) sentences.push("Jobs arrived or left while they were read.");
  if (unreadable > 0) sentences.push(`${count(unreadable, "more job")} could not be read; the figures leave out unreadable jobs.`);
  if (message) sentences.push(message);
  return sentences.join(" ");
}

/** `23 Nov, 10:00–13:00`, or days where steps are days. */
export function step({ start, seconds }: Timeline, index: number): string {
  const from = start + index * seconds * 1000;
  const to = from + seconds * 1000;
  if (seconds >= 86_400) return seconds === 86_400 ? day(from) : `${day(from)} – ${day(to - 1)}`;
  return `${moment(from)}–${clock(to)}`;
}

/** The place of the first step of which anything was read. */
export function firstRead({ start, seconds, readBackTo }: Timeline): number {
  return readBackTo === undefined ? 0 : Math.max(0, Math.floor((readBackTo - start) / (1000 * seconds)));
}

/** When most jobs failed. */
export function peak(timeline: Timeline): string {
  const failed = timeline.counts.find(([name]) => name === "failed")?.[1] ?? [];
  const most = Math.max(0, ...failed);
  if (most === 0) {
    const steps = (timeline.counts[0]?.[1].length ?? 0) - firstRead(timeline);
    return `No failure in ${count(steps, "step")} of ${duration(timeline.seconds)}.`;
  }
  const at = failed.indexOf(most);
  const jobs = timeline.counts.reduce((sum, [, each]) => sum + (each[at] ?? 0), 0);
  const of = timeline.failuresOnly ? "" : ` of ${count(jobs, "job")}`;
  return `Most failures: ${number(most)}${of}, ${step(timeline, at)} UTC.`;
}
