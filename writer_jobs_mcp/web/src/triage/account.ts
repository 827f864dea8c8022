// The overview of all applications: a bar for each, the causes over all of them, and what was not read.

import type { Account, Application } from "./accountResult.ts";
import { askButton } from "./askButton.ts";
import type { Child } from "./dom.ts";
import { h, quoted } from "./dom.ts";
import { filteredGroups } from "./filters.ts";
import { capitalize, categoryLabel, formatNumber, formatPercent, formatTime, pluralize } from "./format.ts";
import { retryAdvice, valueBars } from "./groupDetails.ts";
import { bar } from "./groups.ts";
import type { HostActions } from "./host.ts";
import { jobDetails } from "./jobDetails.ts";
import { groupQuestion, nextCallQuestion } from "./questions.ts";
import { section } from "./report.ts";
import type { Group } from "./result.ts";

const TOOL = "triage_application_jobs";

export function accountSections(account: Account, actions: HostActions): HTMLElement[] {
  const sections: (HTMLElement | false)[] = [
    !account.complete && incompleteNote(account),
    section("applications", "Applications", applicationList(account, actions)),
    account.groups.length > 0 &&
      section("groups", "Why they failed", filteredGroups(account, (group) => groupDetails(account, group, actions))),
    nextSection(account, actions),
    footer(account),
  ];
  return sections.filter((each) => each !== false);
}

/** Summarize the overview; the sums are of all applications, listed or not. */
export function accountSummary({ applications, omittedApplications: omitted, listed, complete, groups }: Account): string {
  const failed = applications.reduce((sum, each) => sum + each.failed, omitted?.failed ?? 0);
  const all = pluralize(listed, "application");
  if (failed === 0) return complete ? `No job failed in ${all}.` : `No failed job was found in ${all}; not everything was read.`;
  const failing = applications.filter((each) => each.failed > 0).length;
  const [least, Least] = complete ? ["", ""] : ["at least ", "At least "];
  const some = omitted?.failed && omitted.failing === undefined ? "" : `${least}${formatNumber(failing + (omitted?.failing ?? 0))} of `;
  const shared = groups.filter((each) => each.applications.length + each.moreApplications > 1).length;
  const causes = shared > 0 ? ` ${pluralize(shared, "group")} of failures ${shared === 1 ? "occurs" : "occur"} in several of them.` : "";
  return `${Least}${pluralize(failed, "job")} failed in ${some}${all}.${causes}`;
}

export function accountWindow({ since, until }: Account): string {
  if (!until) return "";
  return since ? `Created from ${formatTime(since, until)} to ${formatTime(until)} UTC.` : `Created before ${formatTime(until)} UTC.`;
}

function incompleteNote({ skipped, message }: Account): HTMLElement {
  return h(
    "div",
    { class: "incomplete", role: "note" },
    h("p", {}, h("strong", {}, "Not everything was read. "), message),
    skipped.length > 0 &&
      h("ul", {}, ...skipped.map(({ id, name, why }) => h("li", {}, nameOrId(id, name), ": ", quoted(why)))),
  );
}

function applicationList(account: Account, actions: HostActions): HTMLElement {
  const { applications, omittedApplications: omitted } = account;
  const maxFailed = Math.max(1, ...applications.map(({ failed }) => failed));
  return h(
    "div",
    {},
    h("ul", { class: "groups" }, ...applications.map((each) => h("li", {}, applicationBar(account, each, maxFailed, actions)))),
    omitted && h("p", { class: "note" }, omittedSentence(omitted)),
  );
}

function omittedSentence({ applications, failing, jobs, failed }: NonNullable<Account["omittedApplications"]>): string {
  const some = failing ? ` in ${formatNumber(failing)} of them` : "";
  const counts = `${jobs === undefined ? "" : `${pluralize(jobs, "job")}, `}${formatNumber(failed)} failed${some}`;
  return `Not listed: ${pluralize(applications, "more application")}, with ${counts}.`;
}

/** An application's failures as a bar that opens its triage. */
function applicationBar(account: Account, application: Application, maxFailed: number, actions: HostActions): Child {
  const { id, name, failed, isWhole, jobs } = application;
  const content = [
    h("span", { class: "signature" }, nameOrId(id, name)),
    h(
      "span",
      { class: "count" },
      !isWhole && "at least ",
      h("strong", {}, formatNumber(failed)),
      h("span", { class: "sr-only" }, " failed jobs, "),
      h("span", { class: "share" }, jobs === undefined ? "jobs not counted" : `of ${formatNumber(jobs)}`),
    ),
    h("span", { class: "facts" }, ...facts(application)),
  ];
  const given = { application_id: id, ...account.exactWindow };
  if (actions.canCallTools) {
    const button = bar("button", failed / maxFailed, ...content);
    button.addEventListener("click", () => actions.openApplication(given));
    return button;
  }
  const question = (): string => nextCallQuestion({ tool: TOOL, arguments: given, why: "" });
  return [bar("div", failed / maxFailed, ...content), askButton("Ask", `Ask about application ${name || id}`, question, actions)];
}

function facts({ failureRate, before, stuckCount, top, newGroups, isWhole, readBackTo }: Application): Child[] {
  return [
    top && h("span", { class: "category" }, categoryLabel(top)),
    failureRate !== undefined && h("span", {}, `${formatPercent(failureRate)} failed`),
    before && h("span", {}, `${formatNumber(before.failed)} of ${formatNumber(before.jobs)} before`),
    newGroups ? h("span", { class: "new" }, `✦ ${pluralize(newGroups, "new group")}`) : false,
    stuckCount === undefined
      ? h("span", {}, "stuck jobs not known")
      : stuckCount > 0 && h("span", { class: "warning" }, `${formatNumber(stuckCount)} stuck`),
    !isWhole &&
      h("span", { class: "warning" }, readBackTo ? `read back to ${formatTime(readBackTo)} UTC only` : "not all failed jobs were read"),
  ];
}

function groupDetails(account: Account, group: Group, actions: HostActions): Child[] {
  const { jobIds, applications, moreApplications: more } = group;
  return [
    h("p", {}, retryAdvice(group)),
    group.values.map((each) => valueBars(each, group, (_, row) => h("div", { class: "value" }, ...row))),
    applications.length > 0 && [
      h("p", { class: "label" }, `In the applications${more ? `, the first ${applications.length} of ${applications.length + more}` : ""}`),
      h("ul", { class: "values" }, ...applications.map(([id, jobs]) => h("li", {}, applicationRow(account, group, id, jobs, actions)))),
    ],
    h("p", { class: "label" }, "The newest jobs"),
    h("ul", { class: "jobs" }, ...jobIds.map((id) => h("li", {}, jobDetails(id, "", actions)))),
    h(
      "div",
      { class: "actions" },
      askButton(
        "Ask about this group",
        `Ask about this group, ${categoryLabel(group.category)}`,
        () => groupQuestion(applications.map(([id]) => id), group),
        actions,
      ),
    ),
  ];
}

function applicationRow({ applications, exactWindow }: Account, group: Group, id: string, jobs: number, actions: HostActions): HTMLElement {
  const name = applications.find((each) => each.id === id)?.name ?? "";
  const content = [nameOrId(id, name), h("span", { class: "sr-only" }, ": "), h("strong", {}, formatNumber(jobs)), h("span", { class: "sr-only" }, " jobs")];
  const row = actions.canCallTools
    ? h("button", { type: "button", class: "value", onclick: () => actions.openApplication({ application_id: id, ...exactWindow }) }, ...content)
    : h("div", { class: "value" }, ...content);
  row.style.setProperty("--length", `${(100 * jobs) / Math.max(1, group.count)}%`);
  return row;
}

function nextSection({ next }: Account, actions: HostActions): HTMLElement | false {
  const rows = next.map((call) =>
    h("li", {}, quoted(capitalize(call.why)), askButton("Ask", `Ask for ${call.why}`, () => nextCallQuestion(call), actions)),
  );
  return rows.length > 0 && section("next", "What to do next", h("ul", { class: "next" }, ...rows));
}

function footer({ listed, complete, message }: Account): HTMLElement {
  return h(
    "footer",
    {},
    h("h2", {}, "What was read"),
    h("p", {}, `${pluralize(listed, "application")}. ${complete ? `Every failed job of the window was read. ${message}` : "Not everything was read: see above."}`),
    h(
      "p",
      { class: "note" },
      "Times are UTC. A job belongs to the window in which it was created. A group is of all applications: the same error " +
        "in two of them is one row. Names, and text in quotation marks, in boxes or beside a bar, come from Writer.",
    ),
  );
}

function nameOrId(id: string, name: string): HTMLElement {
  return name ? quoted(name) : quoted(id, "code");
}
