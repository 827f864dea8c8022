// What `triage_application_jobs` answers, read without trust: what is missing or of another kind is left out.

import type { CallToolResult } from "@modelcontextprotocol/client";

export interface Group {
  signature: string;
  category: string;
  retry: string;
  count: number;
  share: number;
  firstSeen: string;
  lastSeen: string;
  before: number | undefined;
  trend: string;
  seenBefore: string;
  values: Values[];
  jobIds: string[];
}

/** The most frequent values of one placeholder of a signature, with the number of their jobs. */
export interface Values {
  placeholder: string;
  distinct: number;
  top: [value: string, jobs: number][];
}

export interface Gone {
  signature: string;
  category: string;
  before: number;
}

/** The equally long window before. */
export interface Before {
  since: string;
  jobs: number;
  failed: number;
  failureRate: number | undefined;
}

export interface Stuck {
  id: string;
  createdAt: string;
  seconds: number;
}

export interface Suggestion {
  tool: string;
  arguments: Record<string, unknown>;
  why: string;
}

/** Jobs by status in equally long steps from `start` (a time in milliseconds). */
export interface Timeline {
  start: number;
  seconds: number;
  counts: [status: string, counts: number[]][];
  failuresOnly: boolean;
  /** What lies before this time was not read; undefined where all was. */
  readBackTo: number | undefined;
}

export interface Triage {
  applicationId: string;
  applicationName: string;
  lastDeployedAt: string;
  since: string | undefined;
  until: string | undefined;
  coverage: {
    read: number;
    inWindow: number;
    total: number | undefined;
    complete: boolean;
    stoppedBy: string;
    readBackTo: string;
    moved: boolean;
    unreadable: number;
    message: string;
  };
  counts: [status: string, count: number][];
  failed: number;
  failureRate: number | undefined;
  before: Before | undefined;
  median: number | undefined;
  p95: number | undefined;
  sample: number | undefined;
  longest: number | undefined;
  byCategory: [category: string, count: number][];
  stuck: Stuck[];
  /** Undefined where not all running jobs could be read. */
  stuckCount: number | undefined;
  stuckAfter: number | undefined;
  groups: Group[];
  omitted: { groups: number; jobs: number; new: number } | undefined;
  gone: Gone[];
  next: Suggestion[];
  timeline: Timeline | undefined;
  canRetry: boolean;
}

/** The key in `_meta` under which the server puts what only this page needs. */
const PAGE = "writer-jobs-mcp/page";

/** The triage in a tool's answer; undefined where it holds none. */
export function triageOf(result: CallToolResult): Triage | undefined {
  const said = record(result.structuredContent);
  if (result.isError || typeof said["application_id"] !== "string" || !isRecord(said["coverage"])) return undefined;
  const coverage = record(said["coverage"]);
  const counts = amounts(said["counts"]);
  const seconds = record(said["seconds"]);
  const omitted = record(said["failures_omitted"]);
  const page = record(record(result._meta)[PAGE]);
  const window = record(said["window"]);
  return {
    applicationId: said["application_id"],
    applicationName: words(said["application_name"]),
    lastDeployedAt: words(said["last_deployed_at"]),
    since: words(window["since"]) || undefined,
    until: words(window["until"]) || undefined,
    coverage: {
      read: amount(coverage["jobs_read"]) ?? 0,
      inWindow: amount(coverage["jobs_in_window"]) ?? 0,
      total: amount(coverage["total"]),
      complete: coverage["complete"] === true,
      stoppedBy: words(coverage["stopped_by"]),
      readBackTo: words(coverage["read_back_to"]),
      moved: coverage["moved_during_scan"] === true,
      unreadable: amount(record(coverage["unreadable"])["count"]) ?? 0,
      message: words(coverage["message"]),
    },
    counts,
    failed: counts.find(([status]) => status === "failed")?.[1] ?? 0,
    failureRate: amount(said["failure_rate"]),
    before: before(record(said["before"])),
    median: amount(seconds["median"]),
    p95: amount(seconds["p95"]),
    sample: amount(seconds["sample"]),
    longest: amount(record(seconds["longest"])["seconds"]),
    byCategory: amounts(said["by_category"]),
    stuck: list(said["stuck"]).map((job) => ({
      id: words(job["id"]),
      createdAt: words(job["created_at"]),
      seconds: amount(job["seconds"]) ?? 0,
    })),
    stuckCount: amount(said["stuck_count"]),
    stuckAfter: amount(said["stuck_after"]),
    groups: list(said["failures"]).map(group),
    omitted: amount(omitted["groups"])
      ? {
          groups: amount(omitted["groups"]) ?? 0,
          jobs: amount(omitted["jobs"]) ?? 0,
          new: amount(omitted["new"]) ?? 0,
        }
      : undefined,
    gone: list(said["gone"]).map((each) => ({
      signature: words(each["signature"]),
      category: words(each["category"]) || "unknown",
      before: amount(each["before"]) ?? 0,
    })),
    next: list(said["next"]).map((each) => ({
      tool: words(each["tool"]),
      arguments: record(each["arguments"]),
      why: words(each["why"]),
    })),
    timeline: timeline(said, record(page["timeline"])),
    canRetry: page["can_retry"] === true,
  };
}

/** The text of an answer, as the model reads it. */
export function textOf(result: CallToolResult): string {
  return (result.content ?? [])
    .map((block) => (block.type === "text" ? block.text : ""))
    .join("\n")
    .trim();
}

export function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function words(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function amount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function group(said: Record<string, unknown>): Group {
  const ids: unknown[] = Array.isArray(said["job_ids"]) ? said["job_ids"] : [];
  return {
    signature: words(said["signature"]),
    category: words(said["category"]) || "unknown",
    retry: words(said["retry"]) || "unknown",
    count: amount(said["count"]) ?? 0,
    share: amount(said["share"]) ?? 0,
    firstSeen: words(said["first_seen"]),
    lastSeen: words(said["last_seen"]),
    before: amount(said["before"]),
    trend: words(said["trend"]),
    seenBefore: words(said["seen_before"]),
    values: list(said["values"]).map(values),
    jobIds: ids.map(words).filter(Boolean),
  };
}

function values(given: Record<string, unknown>): Values {
  const top: unknown[] = Array.isArray(given["top"]) ? given["top"] : [];
  const pairs = top.filter((pair) => Array.isArray(pair));
  return {
    placeholder: words(given["placeholder"]),
    distinct: amount(given["distinct"]) ?? pairs.length,
    top: pairs.map(([value, jobs]) => [words(value), amount(jobs) ?? 0]),
  };
}

function before(given: Record<string, unknown>): Before | undefined {
  const jobs = amount(given["jobs"]);
  if (jobs === undefined) return undefined;
  return {
    since: words(given["since"]),
    jobs,
    failed: amount(given["failed"]) ?? 0,
    failureRate: amount(given["failure_rate"]),
  };
}

function amounts(given: unknown): [name: string, amount: number][] {
  return Object.entries(record(given)).map(([name, value]) => [name, amount(value) ?? 0]);
}

/** What the server drew for this page; where the host did not pass that on, the failures alone. */
function timeline(said: Record<string, unknown>, drawn: Record<string, unknown>): Timeline | undefined {
  const failed = record(said["failed_over_time"]);
  const failuresOnly = !isRecord(drawn["counts"]);
  const [from, step, all] = failuresOnly
    ? [failed["from"], failed["step"], { failed: failed["counts"] }]
    : [drawn["start"], drawn["step_seconds"], drawn["counts"]];
  const start = Date.parse(words(from));
  const seconds = amount(step) ?? 0;
  const counts = Object.entries(record(all)).map(([status, each]): [string, number[]] => [
    status,
    (Array.isArray(each) ? each : []).map((count) => amount(count) ?? 0),
  ]);
  const steps = counts[0]?.[1].length ?? 0;
  if (Number.isNaN(start) || seconds <= 0 || steps === 0) return undefined;
  if (!counts.every(([, each]) => each.length === steps)) return undefined;
  const readBackTo = Date.parse(words(record(said["coverage"])["read_back_to"]));
  return { start, seconds, counts, failuresOnly, readBackTo: Number.isNaN(readBackTo) ? undefined : readBackTo };
}
