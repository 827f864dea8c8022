// The failure groups as bars. Each opens to what the caller shows of it.

import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import { categoryLabel, formatNumber, formatPercent, formatTime, pluralize } from "./format.ts";
import type { Group, OmittedGroups } from "./result.ts";

const BATCH_SIZE = 40;
const TREND_SYMBOLS = new Map([
  ["new", "✦"],
  ["rising", "▲"],
  ["steady", "→"],
  ["falling", "▼"],
]);

/** The groups of a report, of one application or of all. */
export interface GroupReport {
  groups: Group[];
  omitted: OmittedGroups | undefined;
  byCategory: [category: string, count: number][];
}

/** List the groups in these categories, or in all if the set is empty, one batch at a time. */
export function groupList(
  report: GroupReport,
  categories: ReadonlySet<string>,
  details: (group: Group) => Child[],
): HTMLElement {
  const selected = report.groups.filter((group) => categories.size === 0 || categories.has(group.category));
  const maxCount = Math.max(1, ...report.groups.map((group) => group.count));
  const items = h("ul", { class: "groups" });
  const more = h("button", { type: "button", class: "more", onclick: () => show(true) });
  const show = (moveFocus: boolean): void => {
    const first = items.childElementCount;
    const added = selected.slice(first, first + BATCH_SIZE).map((group) => groupBar(group, maxCount, details));
    items.append(...added);
    const left = selected.length - first - added.length;
    more.hidden = left === 0;
    replace(more, `Show ${formatNumber(Math.min(left, BATCH_SIZE))} more of ${formatNumber(left)}`);
    if (moveFocus) added[0]?.querySelector("button")?.focus();
  };
  show(false);
  const note =
    categories.size > 0 &&
    h("p", { class: "note" }, `${pluralize(selected.length, "group")} of ${formatNumber(report.groups.length)} shown.`);
  const left = omittedSentence(report, selected, categories);
  return h("div", {}, note, items, more, left && h("p", { class: "note" }, left));
}

/** Say how many failures are in no listed group: of the selected categories, or of all. */
function omittedSentence({ omitted, byCategory }: GroupReport, selected: Group[], categories: ReadonlySet<string>): string {
  if (!omitted) return "";
  if (categories.size > 0) {
    const failed = byCategory.reduce((sum, [name, jobs]) => sum + (categories.has(name) ? jobs : 0), 0);
    const left = failed - selected.reduce((sum, group) => sum + group.count, 0);
    return left > 0 ? `Not listed: ${pluralize(left, "more failed job")} in the selected categories.` : "";
  }
  const fresh = omitted.new ? `, ${formatNumber(omitted.new)} of them new` : "";
  return `Not listed: ${pluralize(omitted.jobs, "failed job")} in ${pluralize(omitted.groups, "other group")}${fresh}.`;
}

function groupBar(group: Group, maxCount: number, details: (group: Group) => Child[]): HTMLElement {
  const body = h("div", { class: "opened", hidden: true });
  const applications = group.applications.length + group.moreApplications;
  const button = bar(
    "button",
    group.count / maxCount,
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
      applications > 0 && h("span", {}, `in ${pluralize(applications, "application")}`),
      trendAndNumbers(group),
      h("span", { class: "seen" }, timeSpan(group)),
    ),
  );
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    if (!body.hasChildNodes()) replace(body, details(group));
    body.hidden = !body.hidden;
    button.setAttribute("aria-expanded", String(!body.hidden));
  });
  return h("li", {}, button, body);
}

/** A button, or only a box, with a bar of this length from 0 to 1. */
export function bar(name: "button" | "div", length: number, ...content: Child[]): HTMLElement {
  const type = name === "button" ? "button" : undefined;
  const box = h(name, { type, class: "bar" }, h("span", { class: "length", "aria-hidden": "true" }), ...content);
  box.style.setProperty("--length", `${100 * length}%`);
  return box;
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
