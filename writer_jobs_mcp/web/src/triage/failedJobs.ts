// Which failed jobs are meant, and the result of `list_failed_jobs`, parsed without trusting it.

import { asNumber, asRecord, asRecords, asString } from "./result.ts";

/** The arguments by which `list_failed_jobs` and `retry_jobs` select failed jobs. */
export interface Selection {
  application_id: string;
  since?: string | undefined;
  until?: string | undefined;
  /** The id of a job: those whose error says the same. */
  like?: string | undefined;
  category?: string | undefined;
  /** Words of the error. */
  contains?: string | undefined;
}

export interface FailedJob {
  id: string;
  createdAt: string;
  error: string;
  group: CauseGroup | undefined;
}

export interface CauseGroup {
  signature: string;
  category: string;
  retry: string;
  count: number;
}

/** A piece of the jobs that a selection matches. */
export interface FailedJobs {
  matched: number;
  groups: CauseGroup[];
  jobs: FailedJob[];
  /** Where the next piece begins; undefined if this is the last. */
  nextOffset: number | undefined;
  /** Whether all failed jobs of the window were compared. */
  complete: boolean;
  readBackTo: string;
  message: string;
}

export function parseFailedJobs(structure: Record<string, unknown>): FailedJobs {
  const groups = asRecords(structure["groups"]).map((group) => ({
    signature: asString(group["signature"]),
    category: asString(group["category"]) || "unknown",
    retry: asString(group["retry"]),
    count: asNumber(group["count"]) ?? 0,
  }));
  const coverage = asRecord(structure["coverage"]);
  return {
    matched: asNumber(structure["matched"]) ?? 0,
    groups,
    jobs: asRecords(structure["jobs"]).map((job) => ({
      id: asString(job["id"]),
      createdAt: asString(job["created_at"]),
      error: asString(job["error"]),
      group: groups[asNumber(job["group"]) ?? 0],
    })),
    nextOffset: asNumber(asRecord(structure["page"])["next_offset"]),
    complete: coverage["complete"] === true,
    readBackTo: asString(coverage["read_back_to"]),
    message: asString(coverage["message"]),
  };
}
