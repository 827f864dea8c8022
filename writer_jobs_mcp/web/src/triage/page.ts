// The whole picture of one triage, from the headline to what was not read.

import { asking } from "./asking.ts";
import { chart, paint } from "./chart.ts";
import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import { groupList } from "./groups.ts";
import type { Deeds } from "./host.ts";
import { explained } from "./job.ts";
import { aboutStuck, aboutSuggestion } from "./questions.ts";
import type { Suggestion, Triage } from "./result.ts";
import { words } from "./result.ts";
import {
  before,
  capital,
  category,
  count,
  coverage,
  duration,
  moment,
  noneRead,
  number,
  share,
  spanBefore,
  status,
} from "./words.ts";

const TOOL = "triage_application_jobs";

/** The sections of a triage; the filters among them act on the others. */
export function picture(triage: Triage, deeds: Deeds): HTMLElement[] {
  const stuck = stuckJobs(triage, deeds);
  const after = [gone(triage), stuck, next(triage, deeds), notes(triage)].filter((section) => section !== false);
  if (triage.coverage.inWindow === 0) return [nothing(triage, deeds), ...after];
  const hidden = new Set<string>();
  const drawn = h("section", { "aria-labelledby": "over-time" });
  const failures = h(
    "section",
    { "aria-labelledby": "groups" },
    h("h2", { id: "groups" }, "Why they failed"),
    groups(triage, deeds),
  );
  const filter = statusFilter(triage, hidden, () => {
    draw();
    failures.hidden = hidden.has("failed");
    if (stuck) stuck.hidden = hidden.has("in_progress");
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
    partial(triage, deeds),
    figures(triage),
    drawn,
    triage.groups.length > 0 && failures,
    ...after,
  ].filter((section) => section !== false);
}

function partial(triage: Triage, deeds: Deeds): HTMLElement | false {
  return (
    !triage.coverage.complete &&
    h(
      "div",
      { class: "partial", role: "note" },
      h("p", {}, h("strong", {}, "Not all was read. "), coverage(triage)),
      readOn(triage, deeds),
    )
  );
}

/** The button that reads what this triage did not reach. */
function readOn(triage: Triage, deeds: Deeds): HTMLElement | false {
  const call = triage.next.find(isTriage);
  if (!call) return false;
  // The application stays the one that is shown, whatever the suggestion holds.
  const { application_id: _, ...given } = call.arguments;
  return h(
    "p",
    { class: "deeds" },
    h("button", { type: "button", onclick: () => deeds.read(given) }, "Read on"),
    given["until"] ? `Reads the jobs created before ${moment(words(given["until"]))} UTC.` : quoted(capital(call.why)),
  );
}

function isTriage({ tool }: Suggestion): boolean {
  return tool === TOOL;
}

function figures(triage: Triage): HTMLElement {
  const {
    coverage: { inWindow },
    failed,
    failureRate,
    median,
    p95,
    sample,
    longest,
    stuckCount,
    stuckAfter,
  } = triage;
  const earlier = triage.before?.jobs ? triage.before : undefined; // of no jobs there is nothing to compare with
  const figure = (name: string, value: string, kind: string, beside: string | undefined): HTMLElement =>
    h(
      "div",
      { class: `figure ${kind}` },
      h("dt", {}, name),
      h("dd", {}, value),
      beside && h("dd", { class: "beside" }, beside),
    );
  const rate = (value: number | undefined): string => (value === undefined ? "–" : share(value));
  const time = (value: number | undefined): string => (value === undefined ? "–" : duration(value));
  const bad = failed > 0 ? "bad" : "";
  return h(
    "div",
    {},
    h(
      "dl",
      { class: "figures" },
      figure(triage.coverage.complete ? "Jobs" : "Jobs read", number(inWindow), "", earlier && `${number(earlier.jobs)} before`),
      figure("Failed", number(failed), bad, earlier && `${number(earlier.failed)} before`),
      figure("Failure rate", rate(failureRate), bad, earlier && `${rate(earlier.failureRate)} before`),
      figure("Median", time(median), "", sample === undefined ? undefined : `of ${number(sample)} finished`),
      figure("95th percentile", time(p95), "", longest === undefined ? undefined : `at most ${duration(longest)}`),
      figure(
        "Stuck",
        stuckCount === undefined ? "not known" : number(stuckCount),
        stuckCount === undefined ? "unknown" : stuckCount > 0 ? "warn" : "",
        stuckAfter === undefined ? undefined : `over ${duration(stuckAfter)}`,
      ),
    ),
    triage.before &&
      h(
        "p",
        { class: "note" },
        earlier
          ? `Before: ${spanBefore(triage)}, from ${moment(earlier.since)} UTC.`
          : before(triage),
      ),
  );
}

function over({ timeline, lastDeployedAt }: Triage, shown: ReadonlySet<string>): Child {
  if (!timeline)
    return h("p", { class: "note" }, "This host did not pass the timeline on; the other figures are whole.");
  if (!timeline.counts.some(([name]) => shown.has(name))) return h("p", { class: "note" }, "No status is chosen.");
  return [
    timeline.failuresOnly && h("p", { class: "note" }, "Failed jobs alone: this host did not pass the others on."),
    chart(timeline, shown, Date.parse(lastDeployedAt)),
  ];
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
  const jobs = new Map(triage.byCategory); // over all failures; over those that are listed where it is left out
  if (jobs.size === 0)
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

/** Kinds of failure that the window before had, and this one has not. */
function gone(triage: Triage): HTMLElement | false {
  const rows = triage.gone.map((group) =>
    h(
      "li",
      {},
      quoted(group.signature),
      h(
        "span",
        { class: "note" },
        h("strong", {}, category(group.category)),
        ` 0 here, ${number(group.before)} before`,
      ),
    ),
  );
  return (
    rows.length > 0 &&
    h(
      "section",
      { "aria-labelledby": "gone" },
      h("h2", { id: "gone" }, "Not seen any more"),
      h("ul", { class: "gone" }, ...rows),
    )
  );
}

function stuckJobs(triage: Triage, deeds: Deeds): HTMLElement | false {
  if (triage.stuckCount === 0) return false;
  const rows = triage.stuck.map((job) =>
    h(
      "li",
      {},
      h(
        "div",
        { class: "stuck" },
        h("span", {}, h("strong", {}, `Running for ${duration(job.seconds)}`), `, created ${moment(job.createdAt, triage.until)} UTC`),
        asking("Ask", `Ask about job ${job.id}`, () => aboutStuck(triage, job.id), deeds),
      ),
      explained(job.id, triage.applicationId, deeds),
    ),
  );
  const left = (triage.stuckCount ?? 0) - rows.length;
  const after = triage.stuckAfter === undefined ? "" : ` for over ${duration(triage.stuckAfter)}`;
  return h(
    "section",
    { "aria-labelledby": "stuck" },
    h("h2", { id: "stuck" }, "Stuck"),
    h("p", { class: "note" }, `Running${after}, whenever they were created.`),
    triage.stuckCount === undefined &&
      h("p", {}, `Not known: not all running jobs could be read.${rows.length > 0 ? " Found so far:" : ""}`),
    rows.length > 0 && h("ul", { class: "jobs" }, ...rows),
    left > 0 && h("p", { class: "note" }, `And ${count(left, "more", "more")} that have run for a shorter time.`),
  );
}

function next(triage: Triage, deeds: Deeds): HTMLElement | false {
  const calls = triage.coverage.complete ? triage.next : triage.next.filter((call) => !isTriage(call));
  const rows = calls.map((each) =>
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

function nothing(triage: Triage, deeds: Deeds): HTMLElement {
  const advice =
    triage.coverage.read > 0
      ? "Choose a longer window above."
      : triage.since
        ? "Choose a longer window above, or check the application’s id."
        : "Check that this is the application you mean.";
  const then = triage.coverage.complete ? advice : "Not all jobs were read: see “What was read” below.";
  return h(
    "section",
    { class: "nothing" },
    h("p", {}, h("strong", {}, noneRead(triage))),
    before(triage) && h("p", {}, before(triage)),
    h("p", {}, then),
    readOn(triage, deeds),
  );
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
      "Times are UTC. A job belongs to the window in which it was created; jobs that still run count in the failure rate. " +
        "The share beside a bar is that of all failures. What stands in quotation marks, in boxes or beside a bar was " +
        "written by the jobs.",
    ),
  );
}
