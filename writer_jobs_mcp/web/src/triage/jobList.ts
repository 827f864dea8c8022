// The failed jobs that a selection matches, one piece at a time through `list_failed_jobs`.

import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import type { FailedJob, FailedJobs, Selection } from "./failedJobs.ts";
import { parseFailedJobs } from "./failedJobs.ts";
import { categoryLabel, formatNumber, formatTime, pluralize } from "./format.ts";
import type { HostActions } from "./host.ts";
import { errorMessage } from "./host.ts";
import { jobDetails } from "./jobDetails.ts";

const PIECE_SIZE = 50;

/** List the jobs and load the first piece; `onCount` gets the number of matching jobs as soon as the server gives it. */
export function jobList(selection: Selection, actions: HostActions, onCount: (matched: number) => void): HTMLElement {
  const head = h("p", { class: "label", role: "status", tabindex: "-1" }, "Loading the jobs …");
  const notes = h("div");
  const items = h("ul", { class: "jobs" });
  const failed = h("div", { role: "alert" });
  const more = h("button", { type: "button", class: "more", hidden: true, onclick: () => void load(true) });
  const shown = new Set<string>();
  let offset = 0;
  let counted: number | undefined; // by the first piece
  const show = (piece: FailedJobs): Element[] => {
    const added = piece.jobs.filter(({ id }) => !shown.has(id));
    for (const { id } of added) shown.add(id);
    const rows = added.map((job) => row(job, selection, actions));
    items.append(...rows);
    const isLast = piece.nextOffset === undefined;
    replace(head, headline(piece.matched, shown.size, selection));
    replace(notes, noteSentences(piece, counted ?? piece.matched, isLast ? shown.size : undefined).map((each) => h("p", { class: "note" }, each)));
    if (counted === undefined) onCount(piece.matched);
    counted ??= piece.matched;
    offset = piece.nextOffset ?? offset;
    more.hidden = isLast;
    replace(more, `Show ${formatNumber(Math.min(PIECE_SIZE, piece.matched - offset))} more of ${formatNumber(piece.matched - offset)}`);
    return rows;
  };
  const load = async (moveFocus: boolean): Promise<void> => {
    replace(failed);
    more.disabled = true;
    try {
      const result = await actions.callTool("list_failed_jobs", { ...selection, offset, limit: PIECE_SIZE });
      const rows = show(parseFailedJobs(result));
      if (moveFocus) rows[0]?.querySelector("button")?.focus();
    } catch (error) {
      replace(failed, h("p", { class: "failed-call" }, errorMessage(error)));
      if (shown.size === 0) {
        replace(head, "The jobs could not be listed.");
        replace(more, "Try again");
        more.hidden = false;
      }
    }
    more.disabled = false;
  };
  void load(false);
  return h("div", { class: "job-list" }, head, notes, items, failed, more);
}

/** `89 failed jobs whose error contains “4711”, newest first; 50 are shown.` */
function headline(matched: number, shown: number, { contains }: Selection): Child[] {
  return [
    matched === 0 ? "No failed job" : pluralize(matched, "failed job"),
    contains !== undefined && [" whose error contains “", quoted(contains), "”"],
    matched > 1 && ", newest first",
    shown < matched && `; ${formatNumber(shown)} ${shown === 1 ? "is" : "are"} shown`,
    ".",
  ];
}

/** What may be missing; `listed` is the number of jobs shown, if there is no further piece. */
function noteSentences(piece: FailedJobs, counted: number, listed: number | undefined): string[] {
  const { matched, complete, readBackTo, message } = piece;
  const moved = matched !== counted || (listed !== undefined && listed < matched);
  const back = readBackTo && `, only back to ${formatTime(readBackTo)} UTC`;
  return [
    complete ? "" : `Not all failed jobs of the window were read${back}: more may match.`,
    moved ? "The jobs changed while they were listed, so some may be missing here." : "",
    message,
  ].filter(Boolean);
}

function row(job: FailedJob, selection: Selection, actions: HostActions): HTMLElement {
  const group = selection.like === undefined ? job.group : undefined; // jobs like one are of one group
  return h(
    "li",
    {},
    jobDetails(
      job.id,
      selection.application_id,
      actions,
      h("time", { datetime: job.createdAt }, formatTime(job.createdAt)),
      group && [` ${categoryLabel(group.category)}: `, quoted(group.signature)],
    ),
  );
}
