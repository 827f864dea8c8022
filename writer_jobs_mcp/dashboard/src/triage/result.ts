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
  trend: string;
  example: string;
  jobIds: string[];
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
}

export interface Triage {
  applicationId: string;
  since: string | undefined;
  until: string | undefined;
  coverage: {
    read: number;
    inWindow: number;
    total: number | undefined;
    complete: boolean;
    stoppedBy: string;
    moved: boolean;
    unreadable: number;
    message: string;
  };
  counts: [status: string, count: number][];
  failed: number;
  failureRate: number | undefined;
  median: number | undefined;
  p95: number | undefined;
  stuck: Stuck[];
  stuckCount: number;
  groups: Group[];
  omitted: { groups: number; jobs: number } | undefined;
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
  const counts = Object.entries(record(said["counts"])).map(([status, count]): [string, number] => [
    status,
    amount(count) ?? 0,
  ]);
  const seconds = record(said["seconds"]);
  const omitted = record(said["failures_omitted"]);
  const page = record(record(result._meta)[PAGE]);
  const window = record(said["window"]);
  return {
    applicationId: said["application_id"],
    since: words(window["since"]) || undefined,
    until: words(window["until"]) || undefined,
    coverage: {
      read: amount(coverage["jobs_read"]) ?? 0,
      inWindow: amount(coverage["jobs_in_window"]) ?? 0,
      total: amount(coverage["total"]),
      complete: coverage["complete"] === true,
      stoppedBy: words(coverage["stopped_by"]),
      moved: coverage["moved_during_scan"] === true,
      unreadable: amount(record(coverage["unreadable"])["count"]) ?? 0,
      message: words(coverage["message"]),
    },
    counts,
    failed: counts.find(([status]) => status === "failed")?.[1] ?? 0,
    failureRate: amount(said["failure_rate"]),
    median: amount(seconds["median"]),
    p95: amount(seconds["p95"]),
    stuck: list(said["stuck"]).map((job) => ({
      id: words(job["id"]),
      createdAt: words(job["created_at"]),
      seconds: amount(job["seconds"]) ?? 0,
    })),
    stuckCount: amount(said["stuck_count"]) ?? 0,
    groups: list(said["failures"]).map(group),
    omitted: amount(omitted["groups"])
      ? { groups: amount(omitted["groups"]) ?? 0, jobs: amount(omitted["jobs"]) ?? 0 }
      : undefined,
    next: list(said["next"]).map((each) => ({
      tool: words(each["tool"]),
      arguments: record(each["arguments"]),
      why: words(each["why"]),
    })),
    timeline: timeline(record(page["timeline"])),
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
    trend: words(said["trend"]),
    example: words(said["example"]),
    jobIds: ids.map(words).filter(Boolean),
  };
}

function timeline(said: Record<string, unknown>): Timeline | undefined {
  const start = Date.parse(words(said["start"]));
  const seconds = amount(said["step_seconds"]) ?? 0;
  const counts = Object.entries(record(said["counts"])).map(([status, each]): [string, number[]] => [
    status,
    (Array.isArray(each) ? each : []).map((count) => amount(count) ?? 0),
  ]);
  const steps = counts[0]?.[1].length ?? 0;
  if (Number.isNaN(start) || seconds <= 0 || steps === 0) return undefined;
  return counts.every(([, each]) => each.length === steps) ? { start, seconds, counts } : undefined;
}
