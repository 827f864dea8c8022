// The timeline: a bar chart of jobs by status, and the same as text and as a table.

import type { BarChartOptions } from "chartist";
import { BarChart } from "chartist";
import { h, replace } from "./dom.ts";
import { formatClock, formatDay, formatDuration, formatNumber, formatTime, pluralize } from "./format.ts";
import type { Timeline } from "./result.ts";
import { statusClass, statusLabel, statusRank } from "./status.ts";

const LABEL_WIDTH = 74; // pixels that a time needs below the axis

/** Draw the statuses that are `shown`, and mark the time `deployed`. */
export function chart(timeline: Timeline, shown: ReadonlySet<string>, deployed: number): HTMLElement {
  const series = timeline.counts.filter(([name]) => shown.has(name)).sort(([one], [other]) => statusRank(one) - statusRank(other));
  const steps = timeline.counts[0]?.[1].length ?? 0;
  const readout = h("p", { class: "readout", "aria-hidden": "true" });
  const plot = h("div", { class: "plot", role: "img", "aria-label": `Jobs by status over time. ${peakSentence(timeline)}` });
  const marks = [
    firstReadStep(timeline) > 0 && `The shaded part, before ${formatTime(timeline.readBackTo ?? 0)} UTC, was not read.`,
    covers(timeline, deployed) && `The line marks the last deployment, ${formatTime(deployed)} UTC.`,
  ].filter((mark) => mark !== false);
  const section = h(
    "div",
    { class: "timeline" },
    h("p", { class: "peak" }, peakSentence(timeline)),
    readout,
    plot,
    marks.length > 0 && h("p", { class: "note" }, marks.join(" ")),
    table(timeline, series),
  );
  // Chartist measures its container, which has a size only once it is in the page.
  requestAnimationFrame(() => draw(plot, readout, timeline, series, steps, deployed));
  return section;
}

function draw(
  plot: HTMLElement,
  readout: HTMLElement,
  timeline: Timeline,
  series: Timeline["counts"],
  steps: number,
  deployed: number,
): void {
  const starts = Array.from({ length: steps }, (_, index) => timeline.start + index * timeline.seconds * 1000);
  const options: BarChartOptions = {
    stackBars: true,
    chartPadding: { top: 6, right: 0, bottom: 0, left: 0 },
    axisX: { showGrid: false, labelInterpolationFnc: (_, index) => axisLabel(starts, timeline.seconds, index ?? 0, plot) },
    axisY: { onlyInteger: true, offset: 34, scaleMinSpace: 26 },
  };
  const drawn = new BarChart(
    plot,
    { labels: starts, series: series.map(([name, data]) => ({ name, className: `bar-${statusClass(name)}`, data })) },
    options,
  );
  drawn.on("created", ({ chartRect, svg }) => {
    plot.style.setProperty("--bar", `${Math.max(1, (chartRect.width() / steps) * 0.78)}px`);
    const { x1, y1, y2 } = chartRect;
    const xOf = (time: number): number =>
      x1 + (chartRect.width() * (time - timeline.start)) / (1000 * timeline.seconds * steps);
    const unread = firstReadStep(timeline) > 0 && xOf(timeline.readBackTo ?? 0) - x1;
    if (unread) svg.elem("rect", { x: x1, y: y2, width: unread, height: y1 - y2 }, "unread", true);
    if (covers(timeline, deployed)) svg.elem("line", { x1: xOf(deployed), x2: xOf(deployed), y1, y2 }, "deployed");
    const showStepAt = (event: PointerEvent): void => {
      const across = (event.clientX - plot.getBoundingClientRect().left - chartRect.x1) / chartRect.width();
      showStep(readout, timeline, series, Math.floor(across * steps));
    };
    plot.onpointermove = showStepAt;
    plot.onpointerdown = showStepAt;
    plot.onpointerleave = () => replace(readout);
  });
}

function covers({ start, seconds, counts }: Timeline, time: number): boolean {
  return time >= start && time < start + 1000 * seconds * (counts[0]?.[1].length ?? 0);
}

/** The label below a step: as many as fit, with the day where it changes. */
function axisLabel(starts: number[], seconds: number, index: number, plot: HTMLElement): string | null {
  const every = Math.ceil(starts.length / Math.max(1, Math.floor(plot.clientWidth / LABEL_WIDTH)));
  const at = starts[index];
  if (at === undefined || index % every !== 0) return null;
  const before = starts[index - every];
  return seconds >= 21_600 || before === undefined || formatDay(before) !== formatDay(at) ? formatDay(at) : formatClock(at);
}

function showStep(readout: HTMLElement, timeline: Timeline, series: Timeline["counts"], index: number): void {
  if (index < 0 || index >= (series[0]?.[1].length ?? 0)) return replace(readout);
  const counts = series.map(([name, each]) => `${formatNumber(each[index] ?? 0)} ${statusLabel(name)}`);
  replace(readout, `${stepLabel(timeline, index)}: ${index < firstReadStep(timeline) ? "not read" : counts.join(", ")}`);
}

/** `23 Nov, 10:00–13:00`, or days where steps are days. */
function stepLabel({ start, seconds }: Timeline, index: number): string {
  const from = start + index * seconds * 1000;
  const to = from + seconds * 1000;
  if (seconds >= 86_400) return seconds === 86_400 ? formatDay(from) : `${formatDay(from)} – ${formatDay(to - 1)}`;
  return `${formatTime(from)}–${formatClock(to)}`;
}

/** The index of the first step of which any part was read. */
function firstReadStep({ start, seconds, readBackTo }: Timeline): number {
  return readBackTo === undefined ? 0 : Math.max(0, Math.floor((readBackTo - start) / (1000 * seconds)));
}

/** Say when most jobs failed. */
function peakSentence(timeline: Timeline): string {
  const failed = timeline.counts.find(([name]) => name === "failed")?.[1] ?? [];
  const most = Math.max(0, ...failed);
  if (most === 0) {
    const steps = (timeline.counts[0]?.[1].length ?? 0) - firstReadStep(timeline);
    return `No failures in ${pluralize(steps, "step")} of ${formatDuration(timeline.seconds)}.`;
  }
  const at = failed.indexOf(most);
  const jobs = timeline.counts.reduce((sum, [, each]) => sum + (each[at] ?? 0), 0);
  const of = timeline.failuresOnly ? "" : ` of ${pluralize(jobs, "job")}`;
  return `Most failures: ${formatNumber(most)}${of}, ${stepLabel(timeline, at)} UTC.`;
}

function table(timeline: Timeline, series: Timeline["counts"]): HTMLElement {
  const steps = series[0]?.[1].length ?? 0;
  const filled = Array.from({ length: steps }, (_, index) => index).filter((index) =>
    series.some(([, each]) => each[index]),
  );
  const rows = filled.map((index) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, stepLabel(timeline, index)),
      series.map(([, counts]) => h("td", {}, formatNumber(counts[index] ?? 0))),
    ),
  );
  const columns = series.map(([name]) => h("th", { scope: "col" }, statusLabel(name)));
  const unread = firstReadStep(timeline);
  const empty = steps - unread - filled.length;
  const left = [empty > 0 && `${pluralize(empty, "step")} without a job`, unread > 0 && `${pluralize(unread, "step")} not read`];
  const leftOut = left.filter((each) => each !== false).join(", ");
  return h(
    "details",
    { class: "as-table" },
    h("summary", {}, "The timeline as a table"),
    h(
      "div",
      { class: "scrolls", tabindex: "0", role: "region", "aria-label": "The timeline as a table" },
      h(
        "table",
        {},
        h("caption", {}, `Jobs created in each step, UTC.${leftOut && ` Left out: ${leftOut}.`}`),
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Time"), columns)),
        h("tbody", {}, rows),
      ),
    ),
  );
}
