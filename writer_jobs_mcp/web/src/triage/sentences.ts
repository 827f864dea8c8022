// The sentences of the page: what failed, in which window, and what was read.

import { categoryLabel, formatDuration, formatNumber, formatPercent, formatTime, pluralize } from "./format.ts";
import type { Group, Triage } from "./result.ts";

/** `the 24 h before`. */
export function previousWindow(triage: Triage): string {
  const length = windowSeconds(triage);
  return length === undefined ? "the window before" : `the ${formatDuration(length)} before`;
}

function windowSeconds({ since, until }: Triage): number | undefined {
  const length = (Date.parse(until ?? "") - Date.parse(since ?? "")) / 1000;
  return Number.isNaN(length) ? undefined : length;
}

/** Summarize the report in a few sentences. Each is true by itself: it names the jobs that it covers. */
export function summary(triage: Triage): string {
  const { coverage, failed, groups, stuckCount } = triage;
  const sentences = coverage.inWindow > 0 ? [failedCount(triage, failed)] : [];
  const [largest] = [...groups].sort((one, other) => other.count - one.count);
  if (coverage.inWindow > 0 && largest) sentences.push(...groupSentences(triage, largest));
  if (stuckCount) sentences.push(`${pluralize(stuckCount, "job")} ${stuckCount === 1 ? "is" : "are"} stuck.`);
  return sentences.join(" ");
}

function failedCount({ coverage, since }: Triage, failed: number): string {
  const jobs = pluralize(coverage.inWindow, "job");
  if (coverage.complete) return `${failed === 0 ? "None" : formatNumber(failed)} of ${jobs} failed.`;
  const some = `${failed === 0 ? "none" : formatNumber(failed)} failed`;
  if (readWholeWindow(coverage)) return `Of the ${jobs} that could be read, ${some}.`;
  if (!coverage.readBackTo)
    return `Of the ${jobs} that were read, ${some}; the list is not in order of time, and the rest was not read.`;
  const newest = pluralize(coverage.inWindow, "newest job");
  const [window, rest] = since ? [" of this window", "the rest of it was not read"] : ["", "older jobs were not read"];
  return `Of the ${newest}${window}, back to ${formatTime(coverage.readBackTo)} UTC, ${some}; ${rest}.`;
}

function groupSentences(triage: Triage, largest: Group): string[] {
  const { groups, omitted } = triage;
  const all = groups.length + (omitted?.groups ?? 0);
  const trend = largest.trend && trendSentence(triage, largest);
  if (all === 1) {
    const cause = `${largest.count === 1 ? "Its cause" : "All have one cause"}: ${categoryLabel(largest.category)}.`;
    return trend ? [cause, `It ${trend}.`] : [cause];
  }
  // New groups are shown before others, so a larger group may be omitted.
  const which = omitted && groups.every((group) => group.trend === "new") ? "largest shown" : "largest";
  const verb = trend || `makes up ${formatPercent(largest.share)} of the failures`;
  const sentences = [`They fall into ${formatNumber(all)} groups; the ${which} (${causeAndCount(largest)}) ${verb}.`];
  const [first, ...others] = groups.filter((group) => group.trend === "new" && group !== largest);
  const more = others.length + (omitted?.new ?? 0);
  if (first && more === 0) sentences.push(`1 other group is new: ${causeAndCount(first)}.`);
  else if (first)
    sentences.push(`${formatNumber(more + 1)} other groups are new, the largest: ${causeAndCount(first)}.`);
  return sentences;
}

function causeAndCount({ category, count }: Group): string {
  return `${category === "unknown" ? "unknown cause" : categoryLabel(category)}, ${pluralize(count, "job")}`;
}

function trendSentence(triage: Triage, { trend, before }: Group): string {
  if (trend === "new") return `is new: none in ${previousWindow(triage)}`;
  const jobs = triage.before ? ` of ${pluralize(triage.before.jobs, "job")}` : "";
  return `is ${trend}: ${formatNumber(before ?? 0)}${jobs} in ${previousWindow(triage)}`;
}

/** What failed in the window before. */
export function beforeSentence(triage: Triage): string {
  if (!triage.before) return "";
  const { since, jobs, failed, failureRate } = triage.before;
  const span = `${previousWindow(triage)} (from ${formatTime(since)} UTC)`;
  if (jobs === 0) return `No jobs in ${span}: nothing to compare with.`;
  const rate = failureRate === undefined ? "" : ` (${formatPercent(failureRate)})`;
  return `In ${span}, ${formatNumber(failed)} of ${pluralize(jobs, "job")} failed${rate}.`;
}

export function windowSentence(triage: Triage): string {
  const { since, until, coverage } = triage;
  const length = windowSeconds(triage);
  const created =
    since && until
      ? `Created from ${formatTime(since, until)} to ${formatTime(until)} UTC` +
        (length === undefined ? "" : ` (${formatDuration(length)})`)
      : until
        ? `Created before ${formatTime(until)} UTC`
        : "Created at any time";
  return coverage.readBackTo ? `${created}, read back to ${formatTime(coverage.readBackTo)} UTC` : created;
}

/** When the application was last deployed, and which failures began in the hour after. */
export function deploymentSentence({ lastDeployedAt, groups, until }: Triage): string {
  const deployed = Date.parse(lastDeployedAt);
  if (Number.isNaN(deployed)) return "";
  const began = groups
    .filter(({ trend }) => trend === "new")
    .map((group) => ({ ...group, delay: (Date.parse(group.firstSeen) - deployed) / 1000 }))
    .filter(({ delay }) => delay >= 0 && delay <= 3_600)
    .map((group) => `${categoryLabel(group.category)} ${formatDuration(group.delay)} later`);
  const news = began.length ? `; new since then: ${began.join(", ")}` : "";
  return `Last deployed ${formatTime(lastDeployedAt, until)} UTC${news}.`;
}

/** Why the report shows no jobs. */
export function emptyWindowSentence({ coverage, until = "" }: Triage): string {
  const { complete, read, readBackTo } = coverage;
  if (complete) return "No jobs in this window.";
  if (read === 0) return "No job could be read.";
  if (readWholeWindow(coverage)) return "No jobs that could be read were created in this window.";
  const missed = "This window was not reached: ";
  if (!readBackTo)
    return `${missed}none of the ${pluralize(read, "job")} read is in it, and the list is not in order of time.`;
  const back = formatTime(readBackTo);
  return Date.parse(readBackTo) < Date.parse(until)
    ? `No jobs were created from ${back} to ${formatTime(until)} UTC; the rest of the window was not read.`
    : `${missed}the ${pluralize(read, "newest job")} were read, back to ${back} UTC, and it ends at ${formatTime(until)}.`;
}

/** Whether reading reached the end of the window, so that only unreadable jobs are missing. */
function readWholeWindow({ stoppedBy }: Triage["coverage"]): boolean {
  return stoppedBy === "end" || stoppedBy === "since";
}

const STOP_REASONS = new Map([
  ["max_jobs", "max_jobs was reached"],
  ["time_budget", "the time for one call was over"],
  ["upstream_error", "Writer returned an error"],
]);

/** What was read and what was not. */
export function coverageSentences(triage: Triage): string {
  const { read, inWindow, total, complete, stoppedBy, readBackTo, moved, unreadable, message } = triage.coverage;
  const listed = total === undefined || total < read ? "" : ` of the ${formatNumber(total)} that Writer lists`;
  const back = readBackTo && `, back to ${formatTime(readBackTo)} UTC`;
  const sentences = [`Read ${pluralize(read, "job")}${listed}${back}; in this window: ${formatNumber(inWindow)}.`];
  if (stoppedBy === "since")
    sentences.push(`The rest is older than ${triage.before ? "both windows" : "the window"}.`);
  else if (complete) sentences.push("Every job was read.");
  else if (stoppedBy !== "end")
    sentences.push(
      `Reading stopped early: ${STOP_REASONS.get(stoppedBy) ?? categoryLabel(stoppedBy)}. ` +
        "The figures cover only the jobs that were read.",
    );
  if (moved) sentences.push("Jobs were added or removed during reading.");
  if (unreadable > 0)
    sentences.push(`${pluralize(unreadable, "more job")} could not be read and ${unreadable === 1 ? "is" : "are"} not counted.`);
  if (message) sentences.push(message);
  return sentences.join(" ");
}
