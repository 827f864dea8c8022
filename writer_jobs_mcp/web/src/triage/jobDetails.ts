// One job, which opens in place to its error, the likely cause, and the words that show it.

import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import { categoryLabel, formatTime, pluralize } from "./format.ts";
import type { HostActions } from "./host.ts";
import { errorMessage } from "./host.ts";
import { asNumber, asRecord, asString } from "./result.ts";

/**
 * Show a job's id as a button that opens to the result of `get_job_error`, with `facts` beside it. An empty
 * `applicationId` is one that is not known.
 */
export function jobDetails(id: string, applicationId: string, actions: HostActions, ...facts: Child[]): HTMLElement {
  const beside = facts.length > 0 && h("span", { class: "note" }, ...facts);
  if (!actions.canCallTools) return h("div", { class: "job-line" }, quoted(id, "code"), beside);
  const body = h("div", { class: "opened", hidden: true });
  const button = h("button", { type: "button", class: "job", "aria-expanded": "false" }, quoted(id, "code"));
  const load = async (): Promise<void> => {
    replace(body, h("p", { class: "note", role: "status" }, "Loading the error …"));
    try {
      const given = { job_id: id, application_id: applicationId || undefined };
      const result = await actions.callTool("get_job_error", given);
      replace(body, errorDetails(result));
    } catch (error) {
      replace(body, h("p", { class: "failed-call", role: "alert" }, errorMessage(error)));
    }
  };
  button.addEventListener("click", () => {
    body.hidden = !body.hidden;
    button.setAttribute("aria-expanded", String(!body.hidden));
    if (!body.hidden && !body.querySelector(".details")) void load();
  });
  return h("div", {}, h("div", { class: "job-line" }, button, beside), body);
}

function errorDetails(result: Record<string, unknown>): HTMLElement {
  const cause = asRecord(result["cause"]);
  const chars = asNumber(result["error_chars"]);
  return h(
    "div",
    { class: "details" },
    h("p", {}, `Job ${asString(result["status"])}, created ${formatTime(asString(result["created_at"]))} UTC.`),
    asString(result["message"]) && h("p", {}, asString(result["message"])),
    asString(cause["category"]) &&
      h("p", {}, h("strong", {}, categoryLabel(asString(cause["category"]))), `: ${asString(cause["advice"])}`),
    asString(cause["evidence"]) &&
      h("p", {}, "Recognized by the words ", h("q", {}, quoted(asString(cause["evidence"])))),
    asString(result["error"]) && quoted(asString(result["error"]), "pre"),
    chars !== undefined && h("p", { class: "note" }, `The full error has ${pluralize(chars, "character")}.`),
  );
}
