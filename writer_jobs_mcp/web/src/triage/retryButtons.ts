// The buttons that retry jobs. The first asks for a dry run, which shows the question; the second retries.

import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import { categoryLabel, formatNumber, formatTime, pluralize } from "./format.ts";
import type { Arguments, HostActions } from "./host.ts";
import { errorMessage, HostError } from "./host.ts";
import { asNumber } from "./result.ts";
import type { RetryResult } from "./retryResult.ts";
import { goesOnWith, parseRetry } from "./retryResult.ts";

// Buttons may be drawn again during a call, and two selections may share jobs: so the page retries one at a time.
let isRetrying = false;

const OUTCOMES = new Map([
  ["would_retry", "would be retried"],
  ["accepted", "accepted: Writer runs them again"],
  ["already_sent", "retried before, so not sent again"],
  ["not_failed", "no longer failed, so nothing was sent"],
  ["not_found", "not found"],
  ["declined", "declined, so nothing was sent"],
  ["unknown", "unknown: the retry may have started. Look at the jobs before you retry them"],
  ["error", "not retried, because of an error"],
]);
const DEFAULT_MAX_JOBS = 50; // of the tool
const WARNING = "Retrying will likely fail again until the cause is fixed.";

/** Retry the jobs of a call, `job_ids` or a selection, in two steps: a dry run, then the real call. */
export function retryButtons(given: Arguments, jobs: string, actions: HostActions): HTMLElement {
  const area = h("div", { class: "retry-area" });
  const retryButton = (kind: string, onClick: () => void, ...content: Child[]): HTMLButtonElement => {
    const button = h("button", { type: "button", class: `retry ${kind}` }, ...content);
    // The second click of a double click must not confirm what the first one has brought up.
    button.addEventListener("click", ({ detail }) => detail <= 1 && onClick());
    button.disabled = isRetrying;
    return button;
  };
  let isPinned = false; // above the report, because the group was redrawn during a call
  const start = (): void => replace(area, retryButton("", () => void call({ ...given, dry_run: true }), `Retry ${jobs} …`));
  const call = async (asked: Arguments): Promise<void> => {
    if (isRetrying) return;
    const isDry = asked["dry_run"] !== false;
    setRetrying(true);
    actions.announce(isDry ? "Checking the jobs …" : "Retrying the jobs …");
    try {
      const result = parseRetry(await actions.callTool("retry_jobs", asked), asked);
      setRetrying(false);
      show(result, asked);
    } catch (error) {
      setRetrying(false);
      start();
      const isUnknown = !isDry && error instanceof HostError && !error.isAnswer;
      actions.announce(
        errorMessage(error) + (isUnknown ? " Jobs may have been retried: refresh the report before you retry them again." : ""),
      );
    }
    if (area.isConnected) (area.querySelector<HTMLElement>(".question") ?? area.querySelector("button"))?.focus();
    else if (area.querySelector(".outcomes, .question")) {
      // The user has moved on, so the focus stays where it is.
      isPinned = true;
      actions.pin(area);
    }
  };
  const close = (): void => (isPinned ? area.remove() : start());
  const show = (result: RetryResult, asked: Arguments): void => {
    const onward = goesOnWith(result, asked);
    const ready = result.isDry ? result.wouldRetry : (result.left ?? 0);
    const again = result.isDry ? `Retry ${pluralize(ready, "job")} now` : onwardLabel(ready, asNumber(onward?.["max_jobs"]));
    replace(
      area,
      result.isDry ? question(result) : h("p", { class: "question", tabindex: "-1" }, outcomeSentence(result)),
      countList(result),
      result.message && h("p", {}, result.message),
      result.groups.length > 0 && h("ul", { class: "causes" }, ...result.groups.map(causeRow)),
      result.omitted && h("p", { class: "note" }, `And ${pluralize(result.omitted.jobs, "job")} in ${pluralize(result.omitted.groups, "other group")}.`),
      result.jobs.length > 0 && h("ul", { class: "outcomes" }, ...result.jobs.map(outcomeRow)),
      h(
        "div",
        { class: "actions" },
        ready > 0 && onward && retryButton("firm", () => void call(onward), again),
        retryButton("", close, result.isDry ? "Cancel" : "Done"),
      ),
    );
    actions.announce(result.isDry ? drySentence(result) : outcomeSentence(result));
  };
  start();
  return area;
}

/** `Retry the 78 left now`; the next call takes `most` jobs at most. */
function onwardLabel(left: number, most = DEFAULT_MAX_JOBS): string {
  const jobs = left > most ? `${formatNumber(most)} of the ${formatNumber(left)}` : `the ${formatNumber(left)}`;
  return `Retry ${jobs} left now`;
}

function question(result: RetryResult): HTMLElement {
  const { wouldRetry, oldest, newest, left } = result;
  return h(
    "p",
    { class: "question", tabindex: "-1" },
    h("strong", {}, wouldRetry > 0 ? `Retry ${pluralize(wouldRetry, "failed job")}?` : "No job would be retried."),
    oldest && newest && ` Created from ${formatTime(oldest)} to ${formatTime(newest)} UTC.`,
    left !== undefined && left > 0 && ` ${formatNumber(left)} more ${left === 1 ? "is" : "are"} left for another call.`,
  );
}

function drySentence({ wouldRetry }: RetryResult): string {
  return `${pluralize(wouldRetry, "job")} would be retried. Nothing has been changed yet.`;
}

function outcomeSentence({ accepted, selected, left, isSelection }: RetryResult): string {
  const of = `Retried ${formatNumber(accepted)} of ${pluralize(selected, "job")}.`;
  const rest = left ? ` ${formatNumber(left)} ${left === 1 ? "is" : "are"} left.` : "";
  return `${of}${rest} ${isSelection ? "The report shows the jobs as they were before." : "The outcome of each is listed."}`;
}

/** Count the jobs by outcome, where not each job is listed. */
function countList({ outcomes, isSelection }: RetryResult): Child {
  const rows = outcomes.map(([outcome, jobs]) =>
    h("li", {}, h("strong", {}, formatNumber(jobs)), ` ${OUTCOMES.get(outcome) ?? categoryLabel(outcome)}`),
  );
  return isSelection && rows.length > 0 && h("ul", { class: "outcome-counts" }, ...rows);
}

function causeRow({ signature, category, retry, advice, count: jobs }: RetryResult["groups"][number]): HTMLElement {
  return h(
    "li",
    {},
    h("strong", {}, `${formatNumber(jobs)} ${categoryLabel(category)}`),
    ": ",
    h("q", {}, quoted(signature)),
    advice && ` ${advice}`,
    retry === "after_a_fix" && h("strong", { class: "warning" }, ` ${WARNING}`),
  );
}

function outcomeRow({ id, outcome, detail }: RetryResult["jobs"][number]): HTMLElement {
  return h("li", {}, quoted(id, "code"), ` ${categoryLabel(outcome)} `, quoted(detail));
}

function setRetrying(now: boolean): void {
  isRetrying = now;
  for (const button of document.querySelectorAll<HTMLButtonElement>("button.retry")) button.disabled = now;
}
