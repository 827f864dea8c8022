// All failed jobs of a report, narrowed by the words of their errors and by their cause.

import { csvButton } from "./csvButton.ts";
import { h, replace } from "./dom.ts";
import type { Selection } from "./failedJobs.ts";
import { categoryLabel, pluralize } from "./format.ts";
import { retryMatching } from "./groupDetails.ts";
import type { HostActions } from "./host.ts";
import { jobList } from "./jobList.ts";
import type { Triage } from "./result.ts";

export function failedSearch(triage: Triage, actions: HostActions): HTMLElement {
  const words = h("input", { type: "search", maxlength: 500 });
  const category = h(
    "select",
    {},
    h("option", { value: "" }, "any"),
    ...triage.byCategory.map(([name]) => h("option", { value: name }, categoryLabel(name))),
  );
  const found = h("div");
  const list = (): void => {
    const selection: Selection = {
      application_id: triage.applicationId,
      ...triage.exactWindow,
      contains: words.value.trim() || undefined,
      category: category.value || undefined,
    };
    const isNarrow = selection.since ?? selection.contains ?? selection.category; // otherwise no retry is possible
    const retries = h("div", { class: "actions" });
    const onCount = (matched: number): void => replace(retries, isNarrow !== undefined && retryMatching(triage, selection, matched, actions));
    replace(found, retries, jobList(selection, actions, onCount), csvButton(selection, actions));
  };
  // A host's frame may not submit forms.
  words.addEventListener("keydown", ({ key }) => key === "Enter" && list());
  const all = triage.coverage.complete ? pluralize(triage.failed, "failed job") : "failed jobs";
  return h(
    "div",
    { class: "search" },
    h("p", { class: "note" }, `The ${all} of this window, or only those with some words in the error, or of one cause.`),
    h(
      "div",
      { class: "actions" },
      h("label", {}, "Words in the error", words),
      h("label", {}, "Cause", category),
      h("button", { type: "button", onclick: list }, "List the jobs"),
    ),
    found,
  );
}
