// The filters of a report: buttons that switch statuses and categories on and off.

import { chip } from "./chip.ts";
import type { Child } from "./dom.ts";
import { h, replace } from "./dom.ts";
import { categoryLabel, formatNumber } from "./format.ts";
import type { GroupReport } from "./groups.ts";
import { groupList } from "./groups.ts";
import type { Group, Triage } from "./result.ts";
import { statusClass, statusLabel } from "./status.ts";

/** Switch statuses on and off: keeps `hidden` up to date, and calls `onChange` after each click. */
export function statusFilter(triage: Triage, hidden: Set<string>, onChange: () => void): HTMLElement {
  const chips = triage.counts.map(([name, jobs]) =>
    chip(`${statusLabel(name)} ${formatNumber(jobs)}`, `status ${statusClass(name)}`, true, (pressed) => {
      if (pressed) hidden.delete(name);
      else hidden.add(name);
      onChange();
    }),
  );
  return h("div", { class: "chips", role: "group", "aria-label": "Statuses shown" }, ...chips);
}

/** List the failure groups, below a filter by category if there are several. */
export function filteredGroups(report: GroupReport, details: (group: Group) => Child[]): HTMLElement {
  const selected = new Set<string>();
  const list = h("div");
  const draw = (): void => replace(list, groupList(report, selected, details));
  const jobs = new Map(report.byCategory); // of all failures; if it is missing, of the listed groups
  if (jobs.size === 0)
    for (const group of report.groups) jobs.set(group.category, (jobs.get(group.category) ?? 0) + group.count);
  const chips = [...jobs]
    .sort(([, one], [, other]) => other - one)
    .map(([name, failed]) =>
      chip(`${categoryLabel(name)} ${formatNumber(failed)}`, "", false, (pressed) => {
        if (pressed) selected.add(name);
        else selected.delete(name);
        draw();
      }),
    );
  draw();
  return h(
    "div",
    {},
    chips.length > 1 && h("div", { class: "chips", role: "group", "aria-label": "Only these categories" }, ...chips),
    list,
  );
}
