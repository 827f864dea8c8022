// The failure groups as bars, each of which opens to its most frequent values and its jobs.

import { asking } from "./asking.ts";
import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import type { Deeds } from "./host.ts";
import { explained } from "./job.ts";
import { aboutGroup } from "./questions.ts";
import type { Group, Triage, Values } from "./result.ts";
import { retrying } from "./retrying.ts";
import { category, count, moment, number, share, spanBefore } from "./words.ts";

const AT_ONCE = 40;
const TRENDS = new Map([
  ["new", "✦"],
  ["rising", "▲"],
  ["steady", "→"],
  ["falling", "▼"],
]);
const RETRIES = new Map([
  ["worth_it", "A retry is worth it."],
  ["after_a_fix", "Retry only after a fix."],
]);

/** The groups in those categories, or in any; as many at a time as can be read. */
export function groupList(triage: Triage, deeds: Deeds, categories: ReadonlySet<string>): HTMLElement {
  const chosen = triage.groups.filter((group) => categories.size === 0 || categories.has(group.category));
  const most = Math.max(1, ...triage.groups.map((group) => group.count));
  const items = h("ul", { class: "groups" });
  const more = h("button", { type: "button", class: "more", onclick: () => show(true) });
  const show = (asked: boolean): void => {
    const first = items.childElementCount;
    const added = chosen.slice(first, first + AT_ONCE).map((group) => bar(triage, group, most, deeds));
    items.append(...added);
    const left = chosen.length - first - added.length;
    more.hidden = left === 0;
    replace(more, `Show ${number(Math.min(left, AT_ONCE))} more of ${number(left)}`);
    if (asked) added[0]?.querySelector("button")?.focus();
  };
  show(false);
  const note =
    categories.size > 0 &&
    h("p", { class: "note" }, `${count(chosen.length, "group")} of ${number(triage.groups.length)} shown.`);
  const left = notListed(triage, chosen, categories);
  return h("div", {}, note, items, more, left && h("p", { class: "note" }, left));
}

/** What is in no group of the list: of the categories that are chosen, or of all. */
function notListed({ omitted, byCategory }: Triage, chosen: Group[], categories: ReadonlySet<string>): string {
  if (!omitted) return "";
  if (categories.size > 0) {
    const failed = byCategory.reduce((sum, [name, jobs]) => sum + (categories.has(name) ? jobs : 0), 0);
    const left = failed - chosen.reduce((sum, group) => sum + group.count, 0);
    return left > 0 ? `Not listed: ${count(left, "more failed job")} of what is chosen.` : "";
  }
  const fresh = omitted.new ? `, ${number(omitted.new)} of them new` : "";
  return `Not listed: ${count(omitted.jobs, "failed job")} in ${count(omitted.groups, "other group")}${fresh}.`;
}

function bar(triage: Triage, group: Group, most: number, deeds: Deeds): HTMLElement {
  const body = h("div", { class: "opened", hidden: true });
  const button = h(
    "button",
    { type: "button", class: "bar", "aria-expanded": "false" },
    h("span", { class: "length", "aria-hidden": "true" }),
    h("span", { class: "said" }, quoted(group.signature)),
    h(
      "span",
      { class: "count" },
      h("strong", {}, number(group.count)),
      h("span", { class: "heard" }, " failed jobs, "),
      h("span", { class: "share" }, share(group.share)),
      h("span", { class: "heard" }, " of all failures"),
    ),
    h(
      "span",
      { class: "facts" },
      h("span", { class: "category" }, category(group.category)),
      trendAndNumbers(group),
      h("span", { class: "seen" }, span(group)),
    ),
  );
  button.style.setProperty("--length", `${(100 * group.count) / most}%`);
  button.addEventListener("click", () => {
    if (!body.hasChildNodes()) replace(body, opened(triage, group, deeds));
    body.hidden = !body.hidden;
    button.setAttribute("aria-expanded", String(!body.hidden));
  });
  return h("li", {}, button, body);
}

function span({ firstSeen, lastSeen }: Group): string {
  return firstSeen === lastSeen ? moment(firstSeen) : `${moment(firstSeen)} – ${moment(lastSeen)}`;
}

/** The trend with its numbers: `▲ rising: 40, 10 before`. */
function trendAndNumbers({ trend, count: failed, before, seenBefore, firstSeen }: Group): Child {
  const numbers = [
    before !== undefined && `${trend && trend !== "new" ? `${number(failed)}, ` : ""}${number(before)} before`,
    seenBefore && `previously seen ${moment(seenBefore, firstSeen)}`,
  ].filter(Boolean);
  if (!trend) return numbers.length > 0 && h("span", { class: "trend" }, numbers.join(", "));
  return h(
    "span",
    { class: `trend ${TRENDS.has(trend) ? trend : ""}` },
    h("span", { "aria-hidden": "true" }, TRENDS.get(trend) ?? "·"),
    ` ${trend}${numbers.length > 0 ? `: ${numbers.join(", ")}` : ""}`,
  );
}

/** The group's part of all jobs, here and in the window before: what its trend compares. */
function rates(triage: Triage, group: Group): string {
  const { coverage: { inWindow }, before } = triage;
  if (!before?.jobs || !inWindow || group.before === undefined) return "";
  const rate = (failed: number, jobs: number): string => `${number(failed)} of ${count(jobs, "job")} (${share(failed / jobs)})`;
  return `Here ${rate(group.count, inWindow)}, in ${spanBefore(triage)} ${rate(group.before, before.jobs)}.`;
}

/** The most frequent values of a placeholder, as bars. */
function values({ placeholder, distinct, top }: Values, group: Group): HTMLElement {
  const some = top.length < distinct ? `: the ${count(top.length, "most frequent", "most frequent")} of ${number(distinct)}` : "";
  const rows = top.map(([value, jobs]) => {
    const row = h("li", {}, quoted(value, "code"), h("strong", {}, number(jobs)), h("span", { class: "heard" }, " jobs"));
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

function opened(triage: Triage, group: Group, deeds: Deeds): Child[] {
  return [
    h("p", {}, RETRIES.get(group.retry) ?? "Whether a retry helps is not known."),
    rates(triage, group) && h("p", {}, rates(triage, group)),
    group.values.map((each) => values(each, group)),
    h(
      "p",
      { class: "label" },
      group.jobIds.length >= group.count
        ? "The jobs"
        : `The newest ${group.jobIds.length === 1 ? "job" : `${group.jobIds.length} jobs`} of ${number(group.count)}`,
    ),
    h("ul", { class: "jobs" }, ...group.jobIds.map((id) => h("li", {}, explained(id, triage.applicationId, deeds)))),
    h(
      "div",
      { class: "deeds" },
      asking(
        "Ask about this group",
        `Ask about this group, ${category(group.category)}`,
        () => aboutGroup(triage, group),
        deeds,
      ),
      triage.canRetry && group.jobIds.length > 0 && retrying(group.jobIds, deeds),
    ),
  ];
}
