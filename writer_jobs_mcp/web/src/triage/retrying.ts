// The buttons that retry a group's jobs, off from the click until the outcome is shown.

import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import type { Deeds } from "./host.ts";
import { amount, list, words } from "./result.ts";
import { category, count } from "./words.ts";

// The buttons of one job may be drawn again while it is being retried, so what is under way is kept for the whole page.
const underWay = new Set<string>();
const idsOf = new WeakMap<Element, string[]>();

/** Retrying takes two steps: what would be done, then doing it. */
export function retrying(ids: string[], deeds: Deeds): HTMLElement {
  const place = h("div", { class: "retrying" });
  const button = (kind: string, act: () => void, ...label: Child[]): HTMLButtonElement => {
    const made = h("button", { type: "button", class: `retries ${kind}`, onclick: act }, ...label);
    idsOf.set(made, ids);
    made.disabled = isUnderWay(ids);
    return made;
  };
  let isKept = false; // above the picture, because the group was redrawn during a call
  const start = (): void =>
    replace(
      place,
      button("", () => void call(true), `Retry ${ids.length === 1 ? "this job" : `these ${ids.length} jobs`} …`),
    );
  const call = async (dry: boolean): Promise<void> => {
    if (isUnderWay(ids)) return;
    begin(ids);
    deeds.say(dry ? "Looking at the jobs …" : "Retrying the jobs …");
    try {
      const answer = await deeds.call("retry_jobs", { job_ids: ids, dry_run: dry });
      end(ids);
      show(list(answer["jobs"]), amount(answer["retried"]) ?? 0, dry);
    } catch (error) {
      end(ids);
      start();
      deeds.say(error instanceof Error ? error.message : String(error));
    }
    if (place.isConnected) place.querySelector("button")?.focus();
    else if (place.querySelector(".outcomes")) {
      // The user is busy elsewhere by now, so the focus stays there.
      isKept = true;
      deeds.keep(place);
    }
  };
  const close = (): void => (isKept ? place.remove() : start());
  const show = (jobs: Record<string, unknown>[], retried: number, dry: boolean): void => {
    const ready = jobs.filter((job) => job["outcome"] === "would_retry").length;
    replace(
      place,
      h("ul", { class: "outcomes" }, ...jobs.map(outcome)),
      dry && ready > 0 && button("firm", () => void call(false), `Retry ${count(ready, "job")} now`),
      button("", close, dry ? "Leave it" : "Done"),
    );
    deeds.say(
      dry
        ? `${count(ready, "job")} would be retried. Nothing has been changed yet.`
        : `Retried: ${count(retried, "job")} of ${jobs.length}. What became of each is listed.`,
    );
  };
  start();
  return place;
}

function outcome(job: Record<string, unknown>): HTMLElement {
  return h(
    "li",
    {},
    quoted(words(job["job_id"]), "code"),
    ` ${category(words(job["outcome"]))} `,
    quoted(words(job["detail"])),
  );
}

function isUnderWay(ids: string[]): boolean {
  return ids.some((id) => underWay.has(id));
}

function begin(ids: string[]): void {
  for (const id of ids) underWay.add(id);
  update();
}

function end(ids: string[]): void {
  for (const id of ids) underWay.delete(id);
  update();
}

function update(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.retries"))
    button.disabled = isUnderWay(idsOf.get(button) ?? []);
}
