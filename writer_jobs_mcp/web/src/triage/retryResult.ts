// The result of `retry_jobs`, parsed without trusting it.

import type { Arguments } from "./host.ts";
import { asCounts, asNumber, asRecord, asRecords, asString, parseOmitted } from "./result.ts";

export interface RetryResult {
  isDry: boolean;
  /** Whether jobs were selected by what failed rather than by their ids; then not each job is listed. */
  isSelection: boolean;
  selected: number;
  wouldRetry: number;
  accepted: number;
  outcomes: [outcome: string, jobs: number][];
  groups: { signature: string; category: string; retry: string; advice: string; count: number }[];
  omitted: { groups: number; jobs: number } | undefined;
  message: string;
  oldest: string;
  newest: string;
  jobs: { id: string; outcome: string; detail: string }[];
  /** Selected jobs that the call did not reach. */
  left: number | undefined;
  next: Arguments | undefined;
}

export function parseRetry(structure: Record<string, unknown>, asked: Arguments): RetryResult {
  const jobs = asRecords(structure["jobs"]).map((job) => ({
    id: asString(job["job_id"]),
    outcome: asString(job["outcome"]),
    detail: asString(job["detail"]),
  }));
  const outcomes = new Map(asCounts(structure["outcomes"]));
  const count = (outcome: string): number => outcomes.get(outcome) ?? jobs.filter((job) => job.outcome === outcome).length;
  const selected = asNumber(structure["selected"]);
  const next = asRecords(structure["next"]).find((call) => call["tool"] === "retry_jobs");
  return {
    isDry: structure["dry_run"] !== false,
    isSelection: asked["job_ids"] === undefined,
    selected: selected ?? jobs.length,
    wouldRetry: asNumber(structure["would_retry"]) ?? count("would_retry"),
    accepted: count("accepted"),
    outcomes: [...outcomes],
    groups: asRecords(structure["groups"]).map((group) => ({
      signature: asString(group["signature"]),
      category: asString(group["category"]) || "unknown",
      retry: asString(group["retry"]),
      advice: asString(group["advice"]),
      count: asNumber(group["count"]) ?? 0,
    })),
    omitted: parseOmitted(structure["groups_omitted"]),
    message: asString(structure["message"]),
    oldest: asString(structure["oldest"]),
    newest: asString(structure["newest"]),
    jobs,
    left: asNumber(structure["left"]),
    next: next && asRecord(next["arguments"]),
  };
}

/**
 * The call that goes on from a result: the window, the example and the number are those that the server suggests, all
 * else stays as it was asked. Undefined if the server suggests none.
 */
export function goesOnWith({ isDry, isSelection, next }: RetryResult, asked: Arguments): Arguments | undefined {
  if (isDry && !isSelection) return { ...asked, dry_run: false };
  if (!next) return undefined;
  const { since, until, like, max_jobs, dry_run } = next;
  const moved = Object.entries({ since, until, like, max_jobs, dry_run }).filter(([, value]) => value !== undefined);
  return { ...asked, ...Object.fromEntries(moved) };
}
