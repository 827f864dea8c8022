// The whole picture of one triage, from the headline to what was not read.

import { asking } from "./asking.ts";
import { chart, paint } from "./chart.ts";
import { h, quoted, replace } from "./dom.ts";
import { groupList } from "./groups.ts";
import type { Deeds } from "./host.ts";
import { explained } from "./job.ts";
import { aboutStuck, aboutSuggestion } from "./questions.ts";
import type { Triage } from "./result.ts";
import { capital, category, count, coverage, duration, moment, number, share, status } from "./words.ts";

/** The sections of a triage; the filters among them act on the others. */
export function picture(triage: Triage, deeds: Deeds): HTMLElement[] {
  if (triage.coverage.inWindow === 0) return [nothing(triage), notes(triage)];
  const hidden = new Set<string>();
  const drawn = h("section", { "aria-labelledby": "over-time" });
  const failures = h(
    "section",
    { "aria-labelledby": "groups" },
    h("h2", { id: "groups" }, "Why they failed"),
    groups(triage, deeds),
  );
  const stuck = stuckJobs(triage, deeds);
  const filter = statusFilter(triage, hidden, () => {
    draw();
    failures.hidden = hidden.has("failed");
    stuck.hidden = hidden.has("in_progress");
  });
  const draw = (): void => {
    const shown = new Set(
      triage.counts
        .map(([name]) => name)
        .concat("other")
        .filter((name) => !hidden.has(name)),
    );
    replace(drawn, h("h2", { id: "over-time" }, "When"), filter, over(triage, shown));
  };
  draw();
  return [
    partial(triage),
    figures(triage),
    drawn,
    triage.groups.length > 0 && failures,
    triage.stuckCount > 0 && stuck,
    next(triage, deeds),
    notes(triage),
  ].filter((section) => section !== false);
}

function partial(triage: Triage): HTMLElement | false {
  return (
    !triage.coverage.complete &&
    h("p", { class: "partial", role: "note" }, h("strong", {}, "Not all was read. "), coverage(triage))
  );
}

function figures(triage: Triage): HTMLElement {
  const {
    coverage: { inWindow },
    failed,
    failureRate,
    median,
    p95,
    stuckCount,
  } = triage;
  const figure = (name: string, value: string, kind = ""): HTMLElement =>
    h("div", { class: `figure ${kind}` }, h("dt", {}, name), h("dd", {}, value));
  return h(
    "dl",
    { class: "figures" },
    figure("Jobs", number(inWindow)),
    figure("Failed", number(failed), failed > 0 ? "bad" : ""),
    figure("Failure rate", failureRate === undefined ? "–" : share(failureRate), failed > 0 ? "bad" : ""),
    figure("Median", median === undefined ? "–" : duration(median)),
    figure("95th percentile", p95 === undefined ? "–" : duration(p95)),
    figure("Stuck", number(stuckCount), stuckCount > 0 ? "warn" : ""),
  );
}

function over({ timeline }: Triage, shown: ReadonlySet<string>): HTMLElement {
  if (!timeline)
    return h("p", { class: "note" }, "This host did not pass the timeline on; the other figures are whole.");
  if (!timeline.counts.some(([name]) => shown.has(name))) return h("p", { class: "note" }, "No status is chosen.");
  return chart(timeline, shown);
}

function statusFilter(triage: Triage, hidden: Set<string>, changed: () => void): HTMLElement {
  const chips = triage.counts.map(([name, jobs]) =>
    chip(`${status(name)} ${number(jobs)}`, `status ${paint(name)}`, true, (pressed) => {
      if (pressed) hidden.delete(name);
      else hidden.add(name);
      changed();
    }),
  );
  return h("div", { class: "chips", role: "group", "aria-label": "Statuses shown" }, ...chips);
}

function groups(triage: Triage, deeds: Deeds): HTMLElement {
  const chosen = new Set<string>();
  const place = h("div");
  const draw = (): void => replace(place, groupList(triage, deeds, chosen));
  const jobs = new Map<string, number>();
  for (const group of triage.groups) jobs.set(group.category, (jobs.get(group.category) ?? 0) + group.count);
  const chips = [...jobs]
    .sort(([, one], [, other]) => other - one)
    .map(([name, failed]) =>
      chip(`${category(name)} ${number(failed)}`, "", false, (pressed) => {
        if (pressed) chosen.add(name);
        else chosen.delete(name);
        draw();
      }),
    );
  draw();
  return h(
    "div",
    {},
    chips.length > 1 && h("div", { class: "chips", role: "group", "aria-label": "Only these categories" }, ...chips),
    place,
  );
}

function chip(text: string, kind: string, pressed: boolean, changed: (pressed: boolean) => void): HTMLButtonElement {
  const button = h("button", { type: "button", class: `chip ${kind}`, "aria-pressed": String(pressed) }, text);
  button.addEventListener("click", () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    changed(now);
  });
  return button;
}

function stuckJobs(triage: Triage, deeds: Deeds): HTMLElement {
  const rows = triage.stuck.map((job) =>
    h(
      "li",
      {},
      h(
        "div",
        { class: "stuck" },
        h("span", {}, h("strong", {}, `Running for ${duration(job.seconds)}`), `, since ${moment(job.createdAt)} UTC`),
        asking("Ask", `Ask about job ${job.id}`, () => aboutStuck(triage, job.id), deeds),
      ),
      explained(job.id, triage.applicationId, deeds),
    ),
  );
  const left = triage.stuckCount - rows.length;
  return h(
    "section",
    { "aria-labelledby": "stuck" },
    h("h2", { id: "stuck" }, "Stuck"),
    h("ul", { class: "jobs" }, ...rows),
    left > 0 && h("p", { class: "note" }, `And ${count(left, "more", "more")} that ran less long.`),
  );
}

function next(triage: Triage, deeds: Deeds): HTMLElement | false {
  const rows = triage.next.map((each) =>
    h(
      "li",
      {},
      quoted(capital(each.why)),
      asking("Ask", `Ask for ${each.why}`, () => aboutSuggestion(each), deeds),
    ),
  );
  return (
    rows.length > 0 &&
    h(
      "section",
      { "aria-labelledby": "next" },
      h("h2", { id: "next" }, "What to do next"),
      h("ul", { class: "next" }, ...rows),
    )
  );
}

function nothing(triage: Triage): HTMLElement {
  const advice = triage.since
    ? "Choose a longer window above, or check the application’s id."
    : "Check that this is the application you mean.";
  const [what, then] = triage.coverage.complete
    ? ["No jobs in this window.", advice]
    : ["None of the jobs read are in this window.", "Not all jobs were read: see “What was read” below."];
  return h("section", { class: "nothing" }, h("p", {}, h("strong", {}, what)), h("p", {}, then));
}

function notes(triage: Triage): HTMLElement {
  return h(
    "footer",
    {},
    h("h2", {}, "What was read"),
    h("p", {}, coverage(triage)),
    h(
      "p",
      { class: "note" },
      "Times are UTC. What stands in quotation marks, in boxes or beside a bar was written by the jobs.",
    ),
  );
}
