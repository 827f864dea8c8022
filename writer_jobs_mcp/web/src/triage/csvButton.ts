// The button that saves the failed jobs of a selection as a CSV file.

import { csvText } from "./csv.ts";
import { h, replace } from "./dom.ts";
import type { FailedJob, Selection } from "./failedJobs.ts";
import { parseFailedJobs } from "./failedJobs.ts";
import { formatNumber, pluralize } from "./format.ts";
import type { HostActions } from "./host.ts";
import { errorMessage } from "./host.ts";

const PIECE_SIZE = 200; // the most that the tool takes
const ERROR_CHARS = 500;
const COLUMNS = ["id", "created_at", "category", "retry", "signature"];

/** What was read for a file, and why it may not be all; the reasons are sentences. */
interface Loaded {
  jobs: FailedJob[];
  doubts: string[];
}

export function csvButton(selection: Selection, actions: HostActions): HTMLElement {
  const status = h("p", { class: "note", role: "status" });
  const result = h("div");
  const errors = h("input", { type: "checkbox" });
  let stopped = false;
  const stop = h("button", { type: "button", hidden: true, onclick: () => (stopped = true) }, "Stop");
  const save = async (): Promise<void> => {
    const withErrors = errors.checked;
    button.disabled = true;
    stopped = false;
    stop.hidden = false;
    replace(result);
    replace(status, "Loading the jobs …");
    try {
      const loaded = await loadAll({ ...selection, error_chars: withErrors ? ERROR_CHARS : undefined }, actions, (some, all) => {
        replace(status, `Loaded ${formatNumber(some)} of ${pluralize(all, "job")} …`);
        return !stopped;
      });
      if (loaded) await saveAs(loaded, withErrors);
      else replace(status, "Stopped. Nothing was saved.");
    } catch (error) {
      replace(status);
      replace(result, h("p", { class: "failed-call", role: "alert" }, `${errorMessage(error)} Nothing was saved.`));
    }
    stop.hidden = true;
    button.disabled = false;
  };
  const saveAs = async ({ jobs, doubts }: Loaded, withErrors: boolean): Promise<void> => {
    const columns = withErrors ? [...COLUMNS, "error"] : COLUMNS;
    // With a byte order mark, spreadsheets read a file as UTF-8.
    const text = csvText([columns, ...jobs.map((job) => cells(job).slice(0, columns.length))]);
    const name = `failed-jobs${doubts.length > 0 ? "-incomplete" : ""}.csv`;
    const cut = withErrors ? `, at most ${ERROR_CHARS} characters of each error` : "";
    const what = [`${pluralize(jobs.length, "job")}${cut}.`, ...doubts].join(" ");
    if (actions.saveFile) {
      try {
        await actions.saveFile(name, `\ufeff${text}`);
        return replace(status, `Saved ${name}: ${what}`);
      } catch (error) {
        replace(status, `${errorMessage(error)} The text to copy: ${what}`);
      }
    } else {
      download(name, `\ufeff${text}`);
      // The browser does not tell a page in a frame whether it has refused the download.
      replace(status, `If ${name} was not saved, this host forbids downloads: copy the text instead. ${what}`);
    }
    replace(result, textToCopy(text));
  };
  const button = h("button", { type: "button", onclick: () => void save() }, "Save as CSV");
  const choice = h("label", { class: "note" }, errors, " with the errors, which takes longer");
  return h("div", { class: "csv" }, h("div", { class: "actions" }, button, stop, choice), status, result);
}

/** Read all jobs of a selection piece by piece; undefined if `onPiece` returns false. @throws HostError */
async function loadAll(
  selection: Selection & { error_chars: number | undefined },
  actions: HostActions,
  onPiece: (some: number, all: number) => boolean,
): Promise<Loaded | undefined> {
  const jobs = new Map<string, FailedJob>();
  const doubts = new Set<string>();
  let counted: number | undefined;
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const given = { ...selection, offset, limit: PIECE_SIZE };
    const piece = parseFailedJobs(await actions.callTool("list_failed_jobs", given));
    for (const job of piece.jobs) jobs.set(job.id, job);
    counted ??= piece.matched;
    if (!piece.complete) doubts.add("Not all failed jobs of the window were read: more may match.");
    if (piece.matched !== counted) doubts.add("The jobs changed while they were read: some may be missing.");
    if (!onPiece(jobs.size, piece.matched)) return undefined;
    offset = (piece.nextOffset ?? 0) > offset ? piece.nextOffset : undefined;
  }
  if (jobs.size < (counted ?? 0)) doubts.add(`The server counted ${formatNumber(counted ?? 0)}.`);
  return { jobs: [...jobs.values()], doubts: [...doubts] };
}

function cells({ id, createdAt, group, error }: FailedJob): string[] {
  return [id, createdAt, group?.category ?? "", group?.retry ?? "", group?.signature ?? "", error];
}

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function textToCopy(text: string): HTMLElement {
  const area = h("textarea", { readonly: true, rows: 6, "aria-label": "The jobs as CSV, to copy" });
  area.value = text;
  area.addEventListener("focus", () => area.select());
  return area;
}
