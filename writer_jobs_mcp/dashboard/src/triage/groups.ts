// The failure groups as bars, each of which opens to its example and its jobs.

import { asking } from "./asking.ts";
import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import type { Deeds } from "./host.ts";
import { explained } from "./job.ts";
import { aboutGroup } from "./questions.ts";
import type { Group, Triage } from "./result.ts";
import { retrying } from "./retrying.ts";
import { category, count, moment, number, share } from "./words.ts";

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
  const omitted =
    triage.omitted &&
    h(
      "p",
      { class: "note" },
      `Not listed: ${count(triage.omitted.groups, "smaller group")} with ${count(triage.omitted.jobs, "failed job")}.`,
    );
  return h("div", {}, note, items, more, omitted);
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
    ),
    h(
      "span",
      { class: "facts" },
      h("span", { class: "category" }, category(group.category)),
      group.trend && h("span", { class: `trend ${TRENDS.has(group.trend) ? group.trend : ""}` }, trend(group.trend)),
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

function trend(name: string): (HTMLElement | string)[] {
  return [h("span", { "aria-hidden": "true" }, TRENDS.get(name) ?? "·"), ` ${name}`];
}

function opened(triage: Triage, group: Group, deeds: Deeds): Child[] {
  return [
    h("p", {}, RETRIES.get(group.retry) ?? "Whether a retry helps is not known."),
    group.example && h("p", { class: "label" }, "The newest of these errors begins"),
    group.example && quoted(group.example, "pre"),
    h(
      "p",
      { class: "label" },
      group.jobIds.length < group.count
        ? `The newest ${count(group.jobIds.length, "job")} of ${number(group.count)}`
        : "The jobs",
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
