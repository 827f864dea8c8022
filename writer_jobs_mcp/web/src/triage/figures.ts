// The figures at the top of a report, each with its value in the window before or its limit.

import { h } from "./dom.ts";
import { formatDuration, formatNumber, formatPercent, formatTime } from "./format.ts";
import type { Triage } from "./result.ts";
import { beforeSentence, previousWindow } from "./sentences.ts";

export function figures(triage: Triage): HTMLElement {
  const { coverage, failed, failureRate, median, p95, sample, longest, stuckCount, stuckAfter } = triage;
  const previous = triage.before?.jobs ? triage.before : undefined; // nothing to compare with if it has no jobs
  const bad = failed > 0 ? "bad" : "";
  return h(
    "div",
    {},
    h(
      "dl",
      { class: "figures" },
      figure(
        coverage.complete ? "Jobs" : "Jobs read",
        formatNumber(coverage.inWindow),
        "",
        previous && `${formatNumber(previous.jobs)} before`,
      ),
      figure("Failed", formatNumber(failed), bad, previous && `${formatNumber(previous.failed)} before`),
      figure("Failure rate", rate(failureRate), bad, previous && `${rate(previous.failureRate)} before`),
      figure("Median", time(median), "", sample === undefined ? undefined : `of ${formatNumber(sample)} finished`),
      figure("95th percentile", time(p95), "", longest === undefined ? undefined : `at most ${formatDuration(longest)}`),
      figure(
        "Stuck",
        stuckCount === undefined ? "not known" : formatNumber(stuckCount),
        stuckCount === undefined ? "unknown" : stuckCount > 0 ? "warn" : "",
        stuckAfter === undefined ? undefined : `over ${formatDuration(stuckAfter)}`,
      ),
    ),
    triage.before &&
      h("p", { class: "note" }, previous ? `Before: ${previousWindow(triage)}, from ${formatTime(previous.since)} UTC.` : beforeSentence(triage)),
  );
}

function figure(name: string, value: string, kind: string, beside: string | undefined): HTMLElement {
  return h(
    "div",
    { class: `figure ${kind}` },
    h("dt", {}, name),
    h("dd", {}, value),
    beside && h("dd", { class: "beside" }, beside),
  );
}

function rate(value: number | undefined): string {
  return value === undefined ? "–" : formatPercent(value);
}

function time(value: number | undefined): string {
  return value === undefined ? "–" : formatDuration(value);
}
