// What the user may ask the model from this page. The words of jobs are not in it: a stranger would then speak with
// the user's voice. Ids and our own categories lead the model to them.

import type { Group, Suggestion, Triage } from "./result.ts";
import { category, count } from "./words.ts";

// As the server has it in its texts: what else is one word may be a sentence all the same.
const OPAQUE = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d{1,200})$/i;
const ID = /^[\w.:@+-]{1,200}$/;
const CATEGORY = /^[a-z_]{1,40}$/;
const TOOL = /^[a-z_]{1,60}$/;

const id = (given: string): string => {
  if (OPAQUE.test(given)) return given;
  return ID.test(given) ? JSON.stringify(given) : "(an id that cannot be repeated here)";
};
const kind = (given: string): string => (CATEGORY.test(given) ? category(given) : "unknown");

export function aboutGroup(triage: Triage, group: Group): string {
  const jobs = group.jobIds.map(id).join(" and ");
  return (
    `In application ${id(triage.applicationId)}, ${count(group.count, "job")} failed for the same reason ` +
    `(${kind(group.category)}${trend(group)}), ${group.jobIds.length > 1 ? "among them jobs" : "such as job"} ${jobs}. ` +
    "Why do they fail, and what should I do about it? Read their error with get_job_error first."
  );
}

export function aboutStuck(triage: Triage, jobId: string): string {
  return (
    `Job ${id(jobId)} of application ${id(triage.applicationId)} has been running far longer than the others. ` +
    "Is it stuck, and what can I do about it?"
  );
}

export function aboutSuggestion({ tool, arguments: given }: Suggestion): string {
  const values = Object.entries(given).map(([name, value]) => `${kind(name).replaceAll(" ", "_")}=${plain(value)}`);
  return `Please call ${TOOL.test(tool) ? tool : "the tool you suggested"} with ${values.join(", ")}, and tell me what it says.`;
}

function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).join(", ")}]`;
  return typeof value === "string" ? id(value) : JSON.stringify(value);
}

function trend(group: Group): string {
  return ["new", "rising", "steady", "falling"].includes(group.trend) ? `, ${group.trend}` : "";
}
