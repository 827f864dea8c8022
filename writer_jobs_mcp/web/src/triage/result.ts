// Parses the result of `triage_application_jobs` without trusting it: missing or malformed fields are skipped.

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
  values: PlaceholderValues[];
  jobIds: string[];
  /** The applications in which it occurs, in a report over all of them. */
  applications: [id: string, jobs: number][];
  /** How many more applications it occurs in. */
  moreApplications: number;
}

export interface OmittedGroups {
  groups: number;
  jobs: number;
  new: number;
}

/** The most frequent values of one placeholder of a signature, each with its number of jobs. */
export interface PlaceholderValues {
  placeholder: string;
  distinct: number;
  top: [value: string, jobs: number][];
}

export interface GoneGroup {
  signature: string;
  category: string;
  before: number;
}

/** The window before, of the same length. */
export interface PreviousWindow {
  since: string;
  jobs: number;
  failed: number;
  failureRate: number | undefined;
}

export interface StuckJob {
  id: string;
  createdAt: string;
  seconds: number;
}

export interface NextCall {
  tool: string;
  arguments: Record<string, unknown>;
  why: string;
}

/** Jobs by status in steps of equal length from `start` (in milliseconds). */
export interface Timeline {
  start: number;
  seconds: number;
  counts: [status: string, counts: number[]][];
  failuresOnly: boolean;
  /** Jobs before this time were not read; undefined if all were. */
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
  before: PreviousWindow | undefined;
  median: number | undefined;
  p95: number | undefined;
  sample: number | undefined;
  longest: number | undefined;
  byCategory: [category: string, count: number][];
  stuck: StuckJob[];
  /** Undefined if not all running jobs could be read. */
  stuckCount: number | undefined;
  stuckAfter: number | undefined;
  groups: Group[];
  omitted: OmittedGroups | undefined;
  gone: GoneGroup[];
  next: NextCall[];
  timeline: Timeline | undefined;
  canRetry: boolean;
  /** The exact window, for calls about the same jobs. */
  exactWindow: { since?: string | undefined; until?: string | undefined };
}

/** The key in `_meta` for the data that only this page needs. */
const PAGE_KEY = "writer-jobs-mcp/page";

/** Return the structure of a tool's result; where the model gets the text alone, it is in `_meta`. */
export function structureOf(result: CallToolResult): Record<string, unknown> {
  return asRecord(result.structuredContent ?? asRecord(asRecord(result._meta)[PAGE_KEY])["structure"]);
}

/** Return the triage in a tool's result; undefined if it contains none. */
export function parseTriage(result: CallToolResult): Triage | undefined {
  const structure = structureOf(result);
  if (result.isError || typeof structure["application_id"] !== "string" || !isRecord(structure["coverage"])) return undefined;
  const coverage = asRecord(structure["coverage"]);
  const counts = asCounts(structure["counts"]);
  const seconds = asRecord(structure["seconds"]);
  const page = asRecord(asRecord(result._meta)[PAGE_KEY]);
  const window = asRecord(structure["window"]);
  return {
    applicationId: structure["application_id"],
    applicationName: asString(structure["application_name"]),
    lastDeployedAt: asString(structure["last_deployed_at"]),
    since: asString(window["since"]) || undefined,
    until: asString(window["until"]) || undefined,
    coverage: {
      read: asNumber(coverage["jobs_read"]) ?? 0,
      inWindow: asNumber(coverage["jobs_in_window"]) ?? 0,
      total: asNumber(coverage["total"]),
      complete: coverage["complete"] === true,
      stoppedBy: asString(coverage["stopped_by"]),
      readBackTo: asString(coverage["read_back_to"]),
      moved: coverage["moved_during_scan"] === true,
      unreadable: asNumber(asRecord(coverage["unreadable"])["count"]) ?? 0,
      message: asString(coverage["message"]),
    },
    counts,
    failed: counts.find(([status]) => status === "failed")?.[1] ?? 0,
    failureRate: asNumber(structure["failure_rate"]),
    before: parseBefore(asRecord(structure["before"])),
    median: asNumber(seconds["median"]),
    p95: asNumber(seconds["p95"]),
    sample: asNumber(seconds["sample"]),
    longest: asNumber(asRecord(seconds["longest"])["seconds"]),
    byCategory: asCounts(structure["by_category"]),
    stuck: asRecords(structure["stuck"]).map((job) => ({
      id: asString(job["id"]),
      createdAt: asString(job["created_at"]),
      seconds: asNumber(job["seconds"]) ?? 0,
    })),
    stuckCount: asNumber(structure["stuck_count"]),
    stuckAfter: asNumber(structure["stuck_after"]),
    groups: asRecords(structure["failures"]).map(parseGroup),
    omitted: parseOmitted(structure["failures_omitted"]),
    gone: asRecords(structure["gone"]).map((each) => ({
      signature: asString(each["signature"]),
      category: asString(each["category"]) || "unknown",
      before: asNumber(each["before"]) ?? 0,
    })),
    next: parseNext(structure["next"]),
    timeline: parseTimeline(structure, asRecord(page["timeline"])),
    canRetry: page["can_retry"] === true,
    exactWindow: parseExactWindow(result),
  };
}

/** Return the text of a result, which the model reads. */
export function textOf(result: CallToolResult): string {
  return (result.content ?? [])
    .map((block) => (block.type === "text" ? block.text : ""))
    .join("\n")
    .trim();
}

export function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

export function asRecords(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function asString(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function parseGroup(group: Record<string, unknown>): Group {
  const ids: unknown[] = Array.isArray(group["job_ids"]) ? group["job_ids"] : [];
  return {
    signature: asString(group["signature"]),
    category: asString(group["category"]) || "unknown",
    retry: asString(group["retry"]) || "unknown",
    count: asNumber(group["count"]) ?? 0,
    share: asNumber(group["share"]) ?? 0,
    firstSeen: asString(group["first_seen"]),
    lastSeen: asString(group["last_seen"]),
    before: asNumber(group["before"]),
    trend: asString(group["trend"]),
    seenBefore: asString(group["seen_before"]),
    values: asRecords(group["values"]).map(parseValues),
    jobIds: ids.map(asString).filter(Boolean),
    moreApplications: asNumber(group["more_applications"]) ?? 0,
    applications: asRecords(group["applications"]).map((each) => [asString(each["id"]), asNumber(each["count"]) ?? 0]),
  };
}

export function parseOmitted(value: unknown): OmittedGroups | undefined {
  const { groups, jobs, new: fresh } = asRecord(value);
  if (!asNumber(groups)) return undefined;
  return { groups: asNumber(groups) ?? 0, jobs: asNumber(jobs) ?? 0, new: asNumber(fresh) ?? 0 };
}

export function parseNext(value: unknown): NextCall[] {
  return asRecords(value).map((each) => ({
    tool: asString(each["tool"]),
    arguments: asRecord(each["arguments"]),
    why: asString(each["why"]),
  }));
}

function parseValues(given: Record<string, unknown>): PlaceholderValues {
  const top: unknown[] = Array.isArray(given["top"]) ? given["top"] : [];
  const pairs = top.filter((pair) => Array.isArray(pair));
  return {
    placeholder: asString(given["placeholder"]),
    distinct: asNumber(given["distinct"]) ?? pairs.length,
    top: pairs.map(([value, jobs]) => [asString(value), asNumber(jobs) ?? 0]),
  };
}

/** Return the window to the microsecond; where the host did not forward it, to the second, as it is shown. */
export function parseExactWindow(result: CallToolResult): Triage["exactWindow"] {
  const exact = asRecord(asRecord(asRecord(result._meta)[PAGE_KEY])["window"]);
  const from = asString(exact["until"]) ? exact : asRecord(structureOf(result)["window"]);
  return { since: asString(from["since"]) || undefined, until: asString(from["until"]) || undefined };
}

function parseBefore(given: Record<string, unknown>): PreviousWindow | undefined {
  const jobs = asNumber(given["jobs"]);
  if (jobs === undefined) return undefined;
  return {
    since: asString(given["since"]),
    jobs,
    failed: asNumber(given["failed"]) ?? 0,
    failureRate: asNumber(given["failure_rate"]),
  };
}

export function asCounts(value: unknown): [name: string, count: number][] {
  return Object.entries(asRecord(value)).map(([name, count]) => [name, asNumber(count) ?? 0]);
}

/** Return the timeline made for this page; if the host did not forward it, that of the failures. */
function parseTimeline(structure: Record<string, unknown>, pageTimeline: Record<string, unknown>): Timeline | undefined {
  const failed = asRecord(structure["failed_over_time"]);
  const failuresOnly = !isRecord(pageTimeline["counts"]);
  const [from, step, all] = failuresOnly
    ? [failed["from"], failed["step"], { failed: failed["counts"] }]
    : [pageTimeline["start"], pageTimeline["step_seconds"], pageTimeline["counts"]];
  const start = Date.parse(asString(from));
  const seconds = asNumber(step) ?? 0;
  const counts = Object.entries(asRecord(all)).map(([status, each]): [string, number[]] => [
    status,
    (Array.isArray(each) ? each : []).map((count) => asNumber(count) ?? 0),
  ]);
  const steps = counts[0]?.[1].length ?? 0;
  if (Number.isNaN(start) || seconds <= 0 || steps === 0) return undefined;
  if (!counts.every(([, each]) => each.length === steps)) return undefined;
  const readBackTo = Date.parse(asString(asRecord(structure["coverage"])["read_back_to"]));
  return { start, seconds, counts, failuresOnly, readBackTo: Number.isNaN(readBackTo) ? undefined : readBackTo };
}
