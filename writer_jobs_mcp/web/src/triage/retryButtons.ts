// The buttons that retry a group's jobs. They are disabled from the click until the outcome is shown.

import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import { categoryLabel, pluralize } from "./format.ts";
import type { HostActions } from "./host.ts";
import { errorMessage } from "./host.ts";
import { asNumber, asRecords, asString } from "./result.ts";

// A job's buttons may be drawn again during its retry, so the running retries are kept for the whole page.
const retryingIds = new Set<string>();
const idsOfButton = new WeakMap<Element, string[]>();

/** Retry in two steps: a dry run, then the real call. */
export function retryButtons(ids: string[], actions: HostActions): HTMLElement {
  const area = h("div", { class: "retry-area" });
  const retryButton = (kind: string, onClick: () => void, ...label: Child[]): HTMLButtonElement => {
    const button = h("button", { type: "button", class: `retry ${kind}`, onclick: onClick }, ...label);
    idsOfButton.set(button, ids);
    button.disabled = isRetrying(ids);
    return button;
  };
  let isPinned = false; // above the report, because the group was redrawn during a call
  const start = (): void =>
    replace(
      area,
      retryButton("", () => void call(true), `Retry ${ids.length === 1 ? "this job" : `these ${ids.length} jobs`} …`),
    );
  const call = async (dry: boolean): Promise<void> => {
    if (isRetrying(ids)) return;
    markRunning(ids);
    actions.announce(dry ? "Checking the jobs …" : "Retrying the jobs …");
    try {
      const result = await actions.callTool("retry_jobs", { job_ids: ids, dry_run: dry });
      markDone(ids);
      show(asRecords(result["jobs"]), asNumber(result["retried"]) ?? 0, dry);
    } catch (error) {
      markDone(ids);
      start();
      actions.announce(errorMessage(error));
    }
    if (area.isConnected) area.querySelector("button")?.focus();
    else if (area.querySelector(".outcomes")) {
      // The user has moved on, so the focus stays where it is.
      isPinned = true;
      actions.pin(area);
    }
  };
  const close = (): void => (isPinned ? area.remove() : start());
  const show = (jobs: Record<string, unknown>[], retried: number, dry: boolean): void => {
    const ready = jobs.filter((job) => job["outcome"] === "would_retry").length;
    replace(
      area,
      h("ul", { class: "outcomes" }, ...jobs.map(outcomeRow)),
      dry && ready > 0 && retryButton("firm", () => void call(false), `Retry ${pluralize(ready, "job")} now`),
      retryButton("", close, dry ? "Cancel" : "Done"),
    );
    actions.announce(
      dry
        ? `${pluralize(ready, "job")} would be retried. Nothing has been changed yet.`
        : `Retried ${retried} of ${pluralize(jobs.length, "job")}. The outcome of each is listed.`,
    );
  };
  start();
  return area;
}

function outcomeRow(job: Record<string, unknown>): HTMLElement {
  return h(
    "li",
    {},
    quoted(asString(job["job_id"]), "code"),
    ` ${categoryLabel(asString(job["outcome"]))} `,
    quoted(asString(job["detail"])),
  );
}

function isRetrying(ids: string[]): boolean {
  return ids.some((id) => retryingIds.has(id));
}

function markRunning(ids: string[]): void {
  for (const id of ids) retryingIds.add(id);
  updateButtons();
}

function markDone(ids: string[]): void {
  for (const id of ids) retryingIds.delete(id);
  updateButtons();
}

function updateButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.retry"))
    button.disabled = isRetrying(idsOfButton.get(button) ?? []);
}
