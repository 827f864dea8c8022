// One job, opened in place to its error, the likely cause, and the words that decide it.

import { h, quoted, replace } from "./dom.ts";
import type { Deeds } from "./host.ts";
import { amount, record, words } from "./result.ts";
import { category, count, moment } from "./words.ts";

/** A job's id as a button that opens to what `get_job_error` says of it. */
export function explained(id: string, applicationId: string, deeds: Deeds): HTMLElement {
  const body = h("div", { class: "opened", hidden: true });
  const button = h("button", { type: "button", class: "job", "aria-expanded": "false" }, quoted(id, "code"));
  const open = async (): Promise<void> => {
    replace(body, h("p", { class: "note", role: "status" }, "Asking Writer …"));
    try {
      replace(body, error(await deeds.call("get_job_error", { job_id: id, application_id: applicationId })));
    } catch (refused) {
      replace(
        body,
        h("p", { class: "refused", role: "alert" }, refused instanceof Error ? refused.message : String(refused)),
      );
    }
  };
  button.addEventListener("click", () => {
    body.hidden = !body.hidden;
    button.setAttribute("aria-expanded", String(!body.hidden));
    if (!body.hidden && !body.querySelector(".told")) void open();
  });
  return h("div", {}, button, body);
}

function error(said: Record<string, unknown>): HTMLElement {
  const cause = record(said["cause"]);
  const chars = amount(said["error_chars"]);
  return h(
    "div",
    { class: "told" },
    h("p", {}, `Job ${words(said["status"])}, created ${moment(words(said["created_at"]))} UTC.`),
    words(said["message"]) && h("p", {}, words(said["message"])),
    words(cause["category"]) &&
      h("p", {}, h("strong", {}, category(words(cause["category"]))), `: ${words(cause["advice"])}`),
    words(cause["evidence"]) && h("p", {}, "Decided by the words ", h("q", {}, quoted(words(cause["evidence"])))),
    words(said["error"]) && quoted(words(said["error"]), "pre"),
    chars !== undefined && h("p", { class: "note" }, `The whole error has ${count(chars, "character")}.`),
  );
}
