// What a group of one application opens to: its most frequent values, its jobs, and what can be done about them.

import { askButton } from "./askButton.ts";
import { toggle } from "./chip.ts";
import { csvButton } from "./csvButton.ts";
import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import type { Selection } from "./failedJobs.ts";
import { categoryLabel, formatNumber, formatPercent, pluralize } from "./format.ts";
import type { HostActions } from "./host.ts";
import { jobDetails } from "./jobDetails.ts";
import { jobList } from "./jobList.ts";
import { groupQuestion, nextCallQuestion } from "./questions.ts";
import type { Group, PlaceholderValues, Triage } from "./result.ts";
import { retryButtons } from "./retryButtons.ts";
import { previousWindow } from "./sentences.ts";

const MAX_RETRIES = 200; // the most that one call takes
const RETRY_ADVICE = new Map([
  ["worth_it", "A retry is worth it."],
  ["after_a_fix", "Retry only after a fix."],
]);

export function groupDetails(triage: Triage, group: Group, actions: HostActions): Child[] {
  return [
    h("p", {}, retryAdvice(group)),
    rateSentence(triage, group) && h("p", {}, rateSentence(triage, group)),
    jobsOfGroup(triage, group, actions),
  ];
}

export function retryAdvice({ retry }: Group): string {
  return RETRY_ADVICE.get(retry) ?? "It is not known whether a retry helps.";
}

/** The values, the jobs and the actions. A value that is switched on narrows the jobs, and what is retried. */
function jobsOfGroup(triage: Triage, group: Group, actions: HostActions): Child[] {
  const [newest] = group.jobIds;
  const selection: Selection = { application_id: triage.applicationId, ...triage.exactWindow, like: newest };
  const jobs = h("div");
  const retries = h("div", { class: "actions" });
  const filters: HTMLButtonElement[] = [];
  let isListed = false;
  let drawn: { contains: string | undefined } | undefined;
  const isDrawn = (contains: string | undefined): boolean => drawn !== undefined && drawn.contains === contains;

  const listAll = (): void => {
    isListed = true;
    draw(undefined);
    jobs.querySelector<HTMLElement>("[tabindex]")?.focus();
  };
  const offer = (...choices: Child[]): void => {
    // A question or an outcome that is shown stays until the user closes it.
    const open = [...retries.children].filter((each) => each.querySelector(".question"));
    replace(retries, ...open, ...choices);
  };
  const draw = (contains: string | undefined): void => {
    const listed = { ...selection, contains };
    if (!isDrawn(contains)) offer(contains === undefined && retryGroup(triage, group, selection, actions));
    drawn = { contains };
    if (!isListed && contains === undefined) return replace(jobs, newestJobs(triage, group, actions, listAll));
    const onCount = (matched: number): void => {
      if (contains !== undefined) offer(retryMatching(triage, listed, matched, actions));
      else if (matched !== group.count) replace(difference, `The report counted ${formatNumber(group.count)}.`);
    };
    const difference = h("p", { class: "note" });
    replace(jobs, difference, jobList(listed, actions, onCount), csvButton(listed, actions));
  };
  const filterButton = (value: string, row: Child[]): HTMLElement => {
    if (!newest || !value || !actions.canCallTools) return h("div", { class: "value" }, ...row);
    const button = toggle(
      "value",
      false,
      (pressed) => {
        for (const other of filters) if (other !== button) other.setAttribute("aria-pressed", "false");
        draw(pressed ? value : undefined);
      },
      ...row,
    );
    filters.push(button);
    return button;
  };
  draw(undefined);
  return [
    group.values.map((each) => valueBars(each, group, filterButton)),
    h(
      "div",
      { class: "actions" },
      askButton(
        "Ask about this group",
        `Ask about this group, ${categoryLabel(group.category)}`,
        () => groupQuestion([triage.applicationId], group),
        actions,
      ),
    ),
    retries,
    jobs,
  ];
}

/** The newest jobs, which the report names, and the button that lists all. */
function newestJobs(triage: Triage, group: Group, actions: HostActions, listAll: () => void): Child[] {
  const { jobIds, count: all } = group;
  const isAll = jobIds.length >= all;
  const label = `List ${allJobs(triage, group)}`;
  const [newest] = jobIds;
  const given = { application_id: triage.applicationId, ...triage.exactWindow, like: newest };
  const question = (): string => nextCallQuestion({ tool: "list_failed_jobs", arguments: given, why: "" });
  return [
    h(
      "p",
      { class: "label" },
      isAll ? "The jobs" : `The newest ${jobIds.length === 1 ? "job" : `${jobIds.length} jobs`} of ${formatNumber(all)}`,
    ),
    h("ul", { class: "jobs" }, ...jobIds.map((id) => h("li", {}, jobDetails(id, triage.applicationId, actions)))),
    newest !== undefined &&
      (actions.canCallTools
        ? h("button", { type: "button", class: "list-all", onclick: listAll }, label)
        : !isAll && askButton(label, label, question, actions)),
  ];
}

/** `all 212 jobs`; without the number if the report may not count all of them. */
function allJobs({ coverage }: Triage, { count: jobs }: Group): string {
  if (!coverage.complete) return "all jobs of this group";
  return jobs === 1 ? "this job" : `all ${formatNumber(jobs)} jobs`;
}

/** The buttons that retry the jobs of a group: the newest, and all. */
function retryGroup(triage: Triage, group: Group, selection: Selection, actions: HostActions): Child[] {
  const { jobIds } = group;
  if (!canRetry(triage, actions) || jobIds.length === 0) return [];
  const some = jobIds.length === 1 ? "this job" : `these ${jobIds.length} jobs`;
  return [
    retryButtons({ job_ids: jobIds }, some, actions),
    (jobIds.length < group.count || !triage.coverage.complete) &&
      retryButtons({ ...selection, max_jobs: MAX_RETRIES }, allJobs(triage, group), actions),
  ];
}

/** The button that retries the jobs of a narrower selection. */
export function retryMatching(triage: Triage, selection: Selection, matched: number, actions: HostActions): Child {
  if (!canRetry(triage, actions) || matched === 0) return false;
  const jobs = matched === 1 ? "this job" : `these ${formatNumber(matched)} jobs`;
  return retryButtons({ ...selection, max_jobs: MAX_RETRIES }, jobs, actions);
}

function canRetry(triage: Triage, actions: HostActions): boolean {
  return triage.canRetry && actions.canCallTools;
}

/** Compare the group's share of all jobs in this window and in the one before. */
function rateSentence(triage: Triage, group: Group): string {
  const { coverage: { inWindow }, before } = triage;
  if (!before?.jobs || !inWindow || group.before === undefined) return "";
  const rate = (failed: number, jobs: number): string => `${formatNumber(failed)} of ${pluralize(jobs, "job")} (${formatPercent(failed / jobs)})`;
  return `Here ${rate(group.count, inWindow)}, in ${previousWindow(triage)} ${rate(group.before, before.jobs)}.`;
}

/** Show the most frequent values of a placeholder as bars; `rowOf` makes the element of a value and what is in it. */
export function valueBars(
  { placeholder, distinct, top }: PlaceholderValues,
  group: Group,
  rowOf: (value: string, row: Child[]) => HTMLElement,
): HTMLElement {
  const some = top.length < distinct ? `: the ${pluralize(top.length, "most frequent", "most frequent")} of ${formatNumber(distinct)}` : "";
  const rows = top.map(([value, jobs]) => {
    const row = rowOf(value, [quoted(value, "code"), h("span", { class: "sr-only" }, ": "), h("strong", {}, formatNumber(jobs)), h("span", { class: "sr-only" }, " jobs")]);
    row.style.setProperty("--length", `${(100 * jobs) / Math.max(1, group.count)}%`);
    return h("li", {}, row);
  });
  return h(
    "div",
    { role: "group", "aria-label": `Values of ${placeholder}` },
    h("p", { class: "label" }, "Values of ", quoted(placeholder, "code"), some),
    h("ul", { class: "values" }, ...rows),
  );
}
