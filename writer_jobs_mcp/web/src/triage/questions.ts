// The questions that the user can send to the model. They contain ids and our own categories, never text of the jobs:
// untrusted text would then speak as the user.

import { categoryLabel, pluralize } from "./format.ts";
import type { Group, NextCall, Triage } from "./result.ts";

// The server's rule (quote_unless_plain): other ids are quoted, because even one word may read as a sentence.
const PLAIN_ID = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d{1,40})$/i;
const QUOTABLE_ID = /^[\w.:@+-]{1,200}$/;
const CATEGORY = /^[a-z_]{1,40}$/;
const TOOL = /^[a-z_]{1,60}$/;

const quoteId = (given: string): string => {
  if (PLAIN_ID.test(given)) return given;
  return QUOTABLE_ID.test(given) ? JSON.stringify(given) : "(an id that cannot be repeated here)";
};
const safeCategory = (given: string): string => (CATEGORY.test(given) ? categoryLabel(given) : "unknown");

export function groupQuestion(applicationIds: string[], group: Group): string {
  const where = `application${applicationIds.length === 1 ? "" : "s"} ${applicationIds.map(quoteId).join(", ")}`;
  const jobs = group.jobIds.map(quoteId).join(" and ");
  return (
    `In ${where}, ${pluralize(group.count, "job")} failed for the same reason ` +
    `(${safeCategory(group.category)}${trendSuffix(group)}), ${group.jobIds.length > 1 ? "among them jobs" : "such as job"} ${jobs}. ` +
    "Why do they fail, and what should I do about it? Read their error with get_job_error first."
  );
}

export function stuckQuestion(triage: Triage, jobId: string): string {
  return (
    `Job ${quoteId(jobId)} of application ${quoteId(triage.applicationId)} has been running far longer than the others. ` +
    "Is it stuck, and what can I do about it?"
  );
}

export function nextCallQuestion({ tool, arguments: given }: NextCall): string {
  const values = Object.entries(given).map(([name, value]) => `${safeCategory(name).replaceAll(" ", "_")}=${formatArgument(value)}`);
  return `Please call ${TOOL.test(tool) ? tool : "the tool you suggested"} with ${values.join(", ")}, and tell me what it says.`;
}

function formatArgument(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatArgument).join(", ")}]`;
  return typeof value === "string" ? quoteId(value) : JSON.stringify(value);
}

function trendSuffix(group: Group): string {
  return ["new", "rising", "steady", "falling"].includes(group.trend) ? `, ${group.trend}` : "";
}
