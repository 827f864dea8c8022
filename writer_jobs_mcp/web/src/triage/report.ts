// The report of one triage, section by section.

import { askButton } from "./askButton.ts";
import { chart } from "./chart.ts";
import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import { failedSearch } from "./failedSearch.ts";
import { figures } from "./figures.ts";
import { filteredGroups, statusFilter } from "./filters.ts";
import { capitalize, categoryLabel, formatDuration, formatNumber, formatTime, pluralize } from "./format.ts";
import { groupDetails } from "./groupDetails.ts";
import type { HostActions } from "./host.ts";
import { jobDetails } from "./jobDetails.ts";
import { nextCallQuestion, stuckQuestion } from "./questions.ts";
import type { NextCall, Triage } from "./result.ts";
import { asString } from "./result.ts";
import { beforeSentence, coverageSentences, emptyWindowSentence } from "./sentences.ts";

const TOOL = "triage_application_jobs";

/** Draw the sections of a triage; the filters in them change the other sections. */
export function reportSections(triage: Triage, actions: HostActions): HTMLElement[] {
  const stuck = stuckSection(triage, actions);
  const lower = [goneSection(triage), stuck, nextSection(triage, actions), coverageFooter(triage)];
  if (triage.coverage.inWindow === 0) return existing([emptyWindow(triage, actions), ...lower]);
  const hidden = new Set<string>();
  const timeline = h("section", { "aria-labelledby": "over-time" });
  const failures = section("groups", "Why they failed", filteredGroups(triage, (group) => groupDetails(triage, group, actions)));
  const search = triage.failed > 0 && actions.canCallTools && section("all", "All failed jobs", failedSearch(triage, actions));
  const filter = statusFilter(triage, hidden, () => {
    drawTimeline();
    failures.hidden = hidden.has("failed");
    if (search) search.hidden = failures.hidden;
    if (stuck) stuck.hidden = hidden.has("in_progress");
  });
  const drawTimeline = (): void => {
    const names = [...triage.counts.map(([name]) => name), "other"];
    const shown = new Set(names.filter((name) => !hidden.has(name)));
    replace(timeline, h("h2", { id: "over-time" }, "When"), filter, timelineContent(triage, shown));
  };
  drawTimeline();
  return existing([
    incompleteNote(triage, actions),
    figures(triage),
    timeline,
    triage.groups.length > 0 && failures,
    search,
    ...lower,
  ]);
}

export function section(id: string, title: string, ...content: Child[]): HTMLElement {
  return h("section", { "aria-labelledby": id }, h("h2", { id }, title), ...content);
}

function existing(sections: (HTMLElement | false)[]): HTMLElement[] {
  return sections.filter((section) => section !== false);
}

function incompleteNote(triage: Triage, actions: HostActions): HTMLElement | false {
  if (triage.coverage.complete) return false;
  return h(
    "div",
    { class: "incomplete", role: "note" },
    h("p", {}, h("strong", {}, "Not all jobs were read. "), coverageSentences(triage)),
    continueButton(triage, actions),
  );
}

/** The button that reads the part of the window that this triage did not reach. */
function continueButton(triage: Triage, actions: HostActions): HTMLElement | false {
  const call = triage.next.find(isTriage);
  if (!call) return false;
  // The application stays the one that is shown, whichever one the suggested call names.
  const { application_id: _, ...given } = call.arguments;
  return h(
    "p",
    { class: "actions" },
    actions.canCallTools
      ? h("button", { type: "button", onclick: () => actions.loadTriage(given) }, "Continue reading")
      : askButton("Continue reading", "Ask to continue reading", () => nextCallQuestion(call), actions),
    given["until"] ? `Reads the jobs created before ${formatTime(asString(given["until"]))} UTC.` : quoted(capitalize(call.why)),
  );
}

function isTriage({ tool }: NextCall): boolean {
  return tool === TOOL;
}

function timelineContent({ timeline, lastDeployedAt }: Triage, shown: ReadonlySet<string>): Child {
  if (!timeline) return h("p", { class: "note" }, "The timeline is missing because this host did not forward it.");
  if (!timeline.counts.some(([name]) => shown.has(name))) return h("p", { class: "note" }, "No status is selected.");
  return [
    timeline.failuresOnly &&
      h("p", { class: "note" }, "Only failed jobs are shown, because this host did not forward the others."),
    chart(timeline, shown, Date.parse(lastDeployedAt)),
  ];
}

/** List the failure groups of the window before that this one does not have. */
function goneSection(triage: Triage): HTMLElement | false {
  const rows = triage.gone.map((group) =>
    h(
      "li",
      {},
      quoted(group.signature),
      h("span", { class: "note" }, h("strong", {}, categoryLabel(group.category)), ` 0 here, ${formatNumber(group.before)} before`),
    ),
  );
  return rows.length > 0 && section("gone", "Not seen any more", h("ul", { class: "gone" }, ...rows));
}

function stuckSection(triage: Triage, actions: HostActions): HTMLElement | false {
  if (triage.stuckCount === 0) return false;
  const rows = triage.stuck.map((job) =>
    h(
      "li",
      {},
      h(
        "div",
        { class: "stuck" },
        h(
          "span",
          {},
          h("strong", {}, `Running for ${formatDuration(job.seconds)}`),
          `, created ${formatTime(job.createdAt, triage.until)} UTC`,
        ),
        askButton("Ask", `Ask about job ${job.id}`, () => stuckQuestion(triage, job.id), actions),
      ),
      jobDetails(job.id, triage.applicationId, actions),
    ),
  );
  const more = (triage.stuckCount ?? 0) - rows.length;
  const limit = triage.stuckAfter === undefined ? "" : ` for over ${formatDuration(triage.stuckAfter)}`;
  return section(
    "stuck",
    "Stuck",
    h("p", { class: "note" }, `Jobs running${limit}, including those created before this window.`),
    triage.stuckCount === undefined &&
      h("p", {}, `Not known: not all running jobs could be read.${rows.length > 0 ? " Found so far:" : ""}`),
    rows.length > 0 && h("ul", { class: "jobs" }, ...rows),
    more > 0 && h("p", { class: "note" }, `And ${pluralize(more, "more", "more")} that have run for a shorter time.`),
  );
}

function nextSection(triage: Triage, actions: HostActions): HTMLElement | false {
  const calls = triage.coverage.complete ? triage.next : triage.next.filter((call) => !isTriage(call));
  const rows = calls.map((call) =>
    h(
      "li",
      {},
      quoted(capitalize(call.why)),
      askButton("Ask", `Ask for ${call.why}`, () => nextCallQuestion(call), actions),
    ),
  );
  return rows.length > 0 && section("next", "What to do next", h("ul", { class: "next" }, ...rows));
}

function emptyWindow(triage: Triage, actions: HostActions): HTMLElement {
  const advice =
    triage.coverage.read > 0
      ? "Choose a longer window above."
      : triage.since
        ? "Choose a longer window above, or check the application’s id."
        : "Check that this is the right application.";
  return h(
    "section",
    { class: "empty" },
    h("p", {}, h("strong", {}, emptyWindowSentence(triage))),
    beforeSentence(triage) && h("p", {}, beforeSentence(triage)),
    h("p", {}, triage.coverage.complete ? advice : "Not all jobs were read: see “What was read” below."),
    continueButton(triage, actions),
  );
}

function coverageFooter(triage: Triage): HTMLElement {
  return h(
    "footer",
    {},
    h("h2", {}, "What was read"),
    h("p", {}, coverageSentences(triage)),
    h(
      "p",
      { class: "note" },
      "Times are UTC. A job belongs to the window in which it was created. Running jobs count in the failure rate. The " +
        "percentage beside a bar is its share of all failures. Text in quotation marks, in boxes or beside a bar comes " +
        "from the jobs.",
    ),
  );
}
