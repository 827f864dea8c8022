// The timeline: failures on the ground, where they compare best, what went well above them.

import type { BarChartOptions } from "chartist";
import { BarChart } from "chartist";
import { h, replace } from "./dom.ts";
import type { Timeline } from "./result.ts";
import { clock, count, day, firstRead, moment, number, peak, status, step } from "./words.ts";

const ORDER = ["failed", "in_progress", "completed"];
const LABEL_WIDTH = 74; // pixels that a time needs below the axis

/** The chart of the statuses that are `shown`, with the same in words beneath it; `deployed` is marked in it. */
export function chart(timeline: Timeline, shown: ReadonlySet<string>, deployed: number): HTMLElement {
  const series = timeline.counts.filter(([name]) => shown.has(name)).sort(([one], [other]) => rank(one) - rank(other));
  const steps = timeline.counts[0]?.[1].length ?? 0;
  const reading = h("p", { class: "reading", "aria-hidden": "true" });
  const plot = h("div", { class: "plot", role: "img", "aria-label": `Jobs by status over time. ${peak(timeline)}` });
  const marks = [
    firstRead(timeline) > 0 && `The shaded time, before ${moment(timeline.readBackTo ?? 0)} UTC, was not read.`,
    isWithin(timeline, deployed) && `The line marks the last deployment, ${moment(deployed)} UTC.`,
  ].filter((mark) => mark !== false);
  const section = h(
    "div",
    { class: "timeline" },
    h("p", { class: "peak" }, peak(timeline)),
    reading,
    plot,
    marks.length > 0 && h("p", { class: "note" }, marks.join(" ")),
    table(timeline, series),
  );
  // Chartist measures what it draws into, which has a size only once it is in the page.
  requestAnimationFrame(() => draw(plot, reading, timeline, series, steps, deployed));
  return section;
}

export function paint(name: string): string {
  return ORDER.includes(name) ? name : "other";
}

function rank(name: string): number {
  return ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
}

function draw(
  plot: HTMLElement,
  reading: HTMLElement,
  timeline: Timeline,
  series: Timeline["counts"],
  steps: number,
  deployed: number,
): void {
  const starts = Array.from({ length: steps }, (_, index) => timeline.start + index * timeline.seconds * 1000);
  const options: BarChartOptions = {
    stackBars: true,
    chartPadding: { top: 6, right: 0, bottom: 0, left: 0 },
    axisX: { showGrid: false, labelInterpolationFnc: (_, index) => label(starts, timeline.seconds, index ?? 0, plot) },
    axisY: { onlyInteger: true, offset: 34, scaleMinSpace: 26 },
  };
  const drawn = new BarChart(
    plot,
    { labels: starts, series: series.map(([name, data]) => ({ name, className: `bar-${paint(name)}`, data })) },
    options,
  );
  drawn.on("created", ({ chartRect, svg }) => {
    plot.style.setProperty("--bar", `${Math.max(1, (chartRect.width() / steps) * 0.78)}px`);
    const { x1, y1, y2 } = chartRect;
    const place = (at: number): number =>
      x1 + (chartRect.width() * (at - timeline.start)) / (1000 * timeline.seconds * steps);
    const unread = firstRead(timeline) > 0 && place(timeline.readBackTo ?? 0) - x1;
    if (unread) svg.elem("rect", { x: x1, y: y2, width: unread, height: y1 - y2 }, "unread", true);
    if (isWithin(timeline, deployed)) svg.elem("line", { x1: place(deployed), x2: place(deployed), y1, y2 }, "deployed");
    const point = (event: PointerEvent): void => {
      const across = (event.clientX - plot.getBoundingClientRect().left - chartRect.x1) / chartRect.width();
      read(reading, timeline, series, Math.floor(across * steps));
    };
    plot.onpointermove = point;
    plot.onpointerdown = point;
    plot.onpointerleave = () => replace(reading);
  });
}

function isWithin({ start, seconds, counts }: Timeline, at: number): boolean {
  return at >= start && at < start + 1000 * seconds * (counts[0]?.[1].length ?? 0);
}

/** The time under a step: as many as there is room for, the day where it changes. */
function label(starts: number[], seconds: number, index: number, plot: HTMLElement): string | null {
  const every = Math.ceil(starts.length / Math.max(1, Math.floor(plot.clientWidth / LABEL_WIDTH)));
  const at = starts[index];
  if (at === undefined || index % every !== 0) return null;
  const before = starts[index - every];
  return seconds >= 21_600 || before === undefined || day(before) !== day(at) ? day(at) : clock(at);
}

function read(reading: HTMLElement, timeline: Timeline, series: Timeline["counts"], index: number): void {
  if (index < 0 || index >= (series[0]?.[1].length ?? 0)) return replace(reading);
  const said = series.map(([name, counts]) => `${number(counts[index] ?? 0)} ${status(name)}`);
  replace(reading, `${step(timeline, index)}: ${index < firstRead(timeline) ? "not read" : said.join(", ")}`);
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
      h("th", { scope: "row" }, step(timeline, index)),
      series.map(([, counts]) => h("td", {}, number(counts[index] ?? 0))),
    ),
  );
  const unread = firstRead(timeline);
  const empty = steps - unread - filled.length;
  const left = [empty > 0 && `${count(empty, "step")} without a job`, unread > 0 && `${count(unread, "step")} not read`];
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
        h(
          "caption",
          {},
          `Jobs created in each step, UTC.${leftOut && ` Left out: ${leftOut}.`}`,
        ),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, "Time"),
            series.map(([name]) => h("th", { scope: "col" }, status(name))),
          ),
        ),
        h("tbody", {}, rows),
      ),
    ),
  );
}
