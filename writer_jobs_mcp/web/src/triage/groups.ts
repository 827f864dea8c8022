// The failure groups as bars. Each opens to its most frequent values and its jobs.

import { askButton } from "./askButton.ts";
import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import { categoryLabel, formatNumber, formatPercent, formatTime, pluralize } from "./format.ts";
import type { HostActions } from "./host.ts";
import { jobDetails } from "./jobDetails.ts";
import { groupQuestion } from "./questions.ts";
import type { Group, PlaceholderValues, Triage } from "./result.ts";
import { retryButtons } from "./retryButtons.ts";
import { previousWindow } from "./sentences.ts";

const BATCH_SIZE = 40;
const TREND_SYMBOLS = new Map([
  ["new", "✦"],
  ["rising", "▲"],
  ["steady", "→"],
  ["falling", "▼"],
]);
const RETRY_ADVICE = new Map([
  ["worth_it", "A retry is worth it."],
  ["after_a_fix", "Retry only after a fix."],
]);

/** List the groups in these categories, or in all if the set is empty, one batch at a time. */
export function groupList(triage: Triage, actions: HostActions, categories: ReadonlySet<string>): HTMLElement {
  const selected = triage.groups.filter((group) => categories.size === 0 || categories.has(group.category));
  const maxCount = Math.max(1, ...triage.groups.map((group) => group.count));
  const items = h("ul", { class: "groups" });
  const more = h("button", { type: "button", class: "more", onclick: () => show(true) });
  const show = (moveFocus: boolean): void => {
    const first = items.childElementCount;
    const added = selected.slice(first, first + BATCH_SIZE).map((group) => groupBar(triage, group, maxCount, actions));
    items.append(...added);
    const left = selected.length - first - added.length;
    more.hidden = left === 0;
    replace(more, `Show ${formatNumber(Math.min(left, BATCH_SIZE))} more of ${formatNumber(left)}`);
    if (moveFocus) added[0]?.querySelector("button")?.focus();
  };
  show(false);
  const note =
    categories.size > 0 &&
    h("p", { class: "note" }, `${pluralize(selected.length, "group")} of ${formatNumber(triage.groups.length)} shown.`);
  const left = omittedSentence(triage, selected, categories);
  return h("div", {}, note, items, more, left && h("p", { class: "note" }, left));
}

/** Say how many failures are in no listed group: of the selected categories, or of all. */
function omittedSentence({ omitted, byCategory }: Triage, selected: Group[], categories: ReadonlySet<string>): string {
  if (!omitted) return "";
  if (categories.size > 0) {
    const failed = byCategory.reduce((sum, [name, jobs]) => sum + (categories.has(name) ? jobs : 0), 0);
    const left = failed - selected.reduce((sum, group) => sum + group.count, 0);
    return left > 0 ? `Not listed: ${pluralize(left, "more failed job")} in the selected categories.` : "";
  }
  const fresh = omitted.new ? `, ${formatNumber(omitted.new)} of them new` : "";
  return `Not listed: ${pluralize(omitted.jobs, "failed job")} in ${pluralize(omitted.groups, "other group")}${fresh}.`;
}

function groupBar(triage: Triage, group: Group, maxCount: number, actions: HostActions): HTMLElement {
  const body = h("div", { class: "opened", hidden: true });
  const button = h(
    "button",
    { type: "button", class: "bar", "aria-expanded": "false" },
    h("span", { class: "length", "aria-hidden": "true" }),
    h("span", { class: "signature" }, quoted(group.signature)),
    h(
      "span",
      { class: "count" },
      h("strong", {}, formatNumber(group.count)),
      h("span", { class: "sr-only" }, " failed jobs, "),
      h("span", { class: "share" }, formatPercent(group.share)),
      h("span", { class: "sr-only" }, " of all failures"),
    ),
    h(
      "span",
      { class: "facts" },
      h("span", { class: "category" }, categoryLabel(group.category)),
      trendAndNumbers(group),
      h("span", { class: "seen" }, timeSpan(group)),
    ),
  );
  button.style.setProperty("--length", `${(100 * group.count) / maxCount}%`);
  button.addEventListener("click", () => {
    if (!body.hasChildNodes()) replace(body, groupDetails(triage, group, actions));
    body.hidden = !body.hidden;
    button.setAttribute("aria-expanded", String(!body.hidden));
  });
  return h("li", {}, button, body);
}

function timeSpan({ firstSeen, lastSeen }: Group): string {
  return firstSeen === lastSeen ? formatTime(firstSeen) : `${formatTime(firstSeen)} – ${formatTime(lastSeen)}`;
}

/** `▲ rising: 40, 10 before`. */
function trendAndNumbers({ trend, count: failed, before, seenBefore, firstSeen }: Group): Child {
  const numbers = [
    before !== undefined && `${trend && trend !== "new" ? `${formatNumber(failed)}, ` : ""}${formatNumber(before)} before`,
    seenBefore && `previously seen ${formatTime(seenBefore, firstSeen)}`,
  ].filter(Boolean);
  if (!trend) return numbers.length > 0 && h("span", { class: "trend" }, numbers.join(", "));
  return h(
    "span",
    { class: `trend ${TREND_SYMBOLS.has(trend) ? trend : ""}` },
    h("span", { "aria-hidden": "true" }, TREND_SYMBOLS.get(trend) ?? "·"),
    ` ${trend}${numbers.length > 0 ? `: ${numbers.join(", ")}` : ""}`,
  );
}

/** Compare the group's share of all jobs in this window and in the one before. */
function rateSentence(triage: Triage, group: Group): string {
  const { coverage: { inWindow }, before } = triage;
  if (!before?.jobs || !inWindow || group.before === undefined) return "";
  const rate = (failed: number, jobs: number): string => `${formatNumber(failed)} of ${pluralize(jobs, "job")} (${formatPercent(failed / jobs)})`;
  return `Here ${rate(group.count, inWindow)}, in ${previousWindow(triage)} ${rate(group.before, before.jobs)}.`;
}

/** Show the most frequent values of a placeholder as bars. */
function valueBars({ placeholder, distinct, top }: PlaceholderValues, group: Group): HTMLElement {
  const some = top.length < distinct ? `: the ${pluralize(top.length, "most frequent", "most frequent")} of ${formatNumber(distinct)}` : "";
  const rows = top.map(([value, jobs]) => {
    const row = h("li", {}, quoted(value, "code"), h("strong", {}, formatNumber(jobs)), h("span", { class: "sr-only" }, " jobs"));
    row.style.setProperty("--length", `${(100 * jobs) / Math.max(1, group.count)}%`);
    return row;
  });
  return h(
    "div",
    {},
    h("p", { class: "label" }, "Values of ", quoted(placeholder, "code"), some),
    h("ul", { class: "values" }, ...rows),
  );
}

function groupDetails(triage: Triage, group: Group, actions: HostActions): Child[] {
  return [
    h("p", {}, RETRY_ADVICE.get(group.retry) ?? "It is not known whether a retry helps."),
    rateSentence(triage, group) && h("p", {}, rateSentence(triage, group)),
    group.values.map((each) => valueBars(each, group)),
    h(
      "p",
      { class: "label" },
      group.jobIds.length >= group.count
        ? "The jobs"
        : `The newest ${group.jobIds.length === 1 ? "job" : `${group.jobIds.length} jobs`} of ${formatNumber(group.count)}`,
    ),
    h("ul", { class: "jobs" }, ...group.jobIds.map((id) => h("li", {}, jobDetails(id, triage.applicationId, actions)))),
    h(
      "div",
      { class: "actions" },
      askButton(
        "Ask about this group",
        `Ask about this group, ${categoryLabel(group.category)}`,
        () => groupQuestion(triage, group),
        actions,
      ),
      triage.canRetry && group.jobIds.length > 0 && retryButtons(group.jobIds, actions),
    ),
  ];
}
