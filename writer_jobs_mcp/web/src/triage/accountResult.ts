// Parses the result of `triage_all_applications` without trusting it.

import type { CallToolResult } from "@modelcontextprotocol/client";
import type { GroupReport } from "./groups.ts";
import type { NextCall, Triage } from "./result.ts";
import { asCounts, asNumber, asRecord, asRecords, asString, parseExactWindow, parseGroup, parseNext, parseOmitted, structureOf } from "./result.ts";

export interface Application {
  id: string;
  name: string;
  /** Undefined where the jobs were not counted. */
  jobs: number | undefined;
  failed: number;
  /** Whether all of its failed jobs of the window were read. */
  isWhole: boolean;
  readBackTo: string;
  failureRate: number | undefined;
  before: { jobs: number; failed: number } | undefined;
  /** Undefined where the running jobs were not read. */
  stuckCount: number | undefined;
  top: string;
  newGroups: number | undefined;
}

/** The report on all applications. */
export interface Account extends GroupReport {
  since: string | undefined;
  until: string | undefined;
  /** The exact window, for calls about the same jobs. */
  exactWindow: Triage["exactWindow"];
  complete: boolean;
  /** How many applications there are. */
  listed: number;
  /** Those of which not all failed jobs were read. */
  skipped: { id: string; name: string; why: string }[];
  message: string;
  applications: Application[];
  omittedApplications: { applications: number; failing: number | undefined; jobs: number | undefined; failed: number } | undefined;
  next: NextCall[];
}

/** Return the overview in a tool's result; undefined if it contains none. */
export function parseAccount(result: CallToolResult): Account | undefined {
  const structure = structureOf(result);
  const coverage = asRecord(structure["coverage"]);
  if (result.isError || !Array.isArray(structure["applications"]) || asNumber(coverage["applications"]) === undefined) return undefined;
  const window = asRecord(structure["window"]);
  const omitted = asRecord(structure["applications_omitted"]);
  const left = asNumber(omitted["applications"]);
  return {
    since: asString(window["since"]) || undefined,
    until: asString(window["until"]) || undefined,
    exactWindow: parseExactWindow(result),
    complete: coverage["complete"] === true,
    listed: asNumber(coverage["applications"]) ?? 0,
    skipped: asRecords(coverage["skipped"]).map((each) => ({
      id: asString(each["id"]),
      name: asString(each["name"]),
      why: asString(each["why"]),
    })),
    message: asString(coverage["message"]),
    applications: asRecords(structure["applications"]).map(parseApplication),
    omittedApplications: left
      ? {
          applications: left,
          failing: asNumber(omitted["failing"]),
          jobs: asNumber(omitted["jobs"]),
          failed: asNumber(omitted["failed"]) ?? 0,
        }
      : undefined,
    byCategory: asCounts(structure["by_category"]),
    groups: asRecords(structure["failures"]).map(parseGroup),
    omitted: parseOmitted(structure["failures_omitted"]),
    next: parseNext(structure["next"]),
  };
}

function parseApplication(given: Record<string, unknown>): Application {
  const before = asRecord(given["before"]);
  const jobs = asNumber(before["jobs"]);
  return {
    id: asString(given["id"]),
    name: asString(given["name"]),
    jobs: asNumber(given["jobs"]),
    failed: asNumber(given["failed"]) ?? 0,
    isWhole: given["complete"] !== false,
    readBackTo: asString(given["read_back_to"]),
    failureRate: asNumber(given["failure_rate"]),
    before: jobs === undefined ? undefined : { jobs, failed: asNumber(before["failed"]) ?? 0 },
    stuckCount: asNumber(given["stuck_count"]),
    top: asString(given["top"]),
    newGroups: asNumber(given["new_groups"]),
  };
}
