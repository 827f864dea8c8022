// The page: shows the results that the host sends, and lets the user load others.

import type { CallToolResult } from "@modelcontextprotocol/client";
import { h, quoted, replace } from "./dom.ts";
import type { Arguments, HostActions } from "./host.ts";
import { errorMessage, Host } from "./host.ts";
import { reportSections } from "./report.ts";
import { asRecord, asString, parseTriage, textOf } from "./result.ts";
import { deploymentSentence, summary, windowSentence } from "./sentences.ts";

const TOOL = "triage_application_jobs";
const WINDOWS: [label: string, since: string | undefined][] = [
  ["24 h", "24h"],
  ["7 d", "7d"],
  ["All", undefined],
];

const main = document.querySelector("main") ?? document.body;
const title = h("h1", {}, "Failed jobs");
const subject = h("div", { class: "subject" });
const controls = h("div", { class: "controls" });
const statusLine = h("p", { class: "status-line", role: "status" });
const errorBox = h("div", { class: "error-box", role: "alert" });
const pinned = h("section", { class: "pinned", "aria-label": "Retries" });
const lead = h("p", { class: "lead" });
const content = h("div", { class: "content" });
main.append(h("header", {}, h("div", {}, title, subject), controls), statusLine, errorBox, pinned, lead, content);

let shownArguments: Arguments = {};
let latestLoad = 0; // the number of the latest load; results of earlier ones are ignored

const host = new Host({
  toolCalled(given) {
    shownArguments = given;
    showLoading();
  },
  resultReceived(result) {
    show(result);
  },
  cancelled(reason) {
    showStatus(`The triage was cancelled${reason ? `: ${reason}` : ""}.`);
    replace(content);
    showControls();
  },
});

const actions: HostActions = {
  get canCallTools() {
    return host.canCallTools;
  },
  get saveFile() {
    return host.canSaveFiles ? (name: string, text: string) => host.saveFile(name, "text/csv", text) : undefined;
  },
  async callTool(tool, given) {
    return asRecord((await host.callTool(tool, given)).structuredContent);
  },
  loadTriage(given) {
    void load({ ...shownArguments, ...given });
  },
  async askModel(text) {
    replace(errorBox);
    try {
      await host.sendMessage(text);
      showStatus("Asked. The answer will appear in the conversation.");
      return true;
    } catch (error) {
      showError(error);
      return false;
    }
  },
  announce: showStatus,
  pin(element) {
    pinned.append(element);
  },
};

function show(result: CallToolResult): void {
  const triage = parseTriage(result);
  replace(errorBox);
  if (!triage) {
    replace(content);
    showStatus("");
    showError(new Error(textOf(result) || "The result contains no triage."));
    showControls();
    return;
  }
  shownArguments = { application_id: triage.applicationId, ...shownArguments };
  const { applicationName, applicationId } = triage;
  replace(
    subject,
    h(
      "p",
      {},
      "Application (no-code agent) ",
      applicationName && h("strong", {}, quoted(applicationName)),
      " ",
      quoted(applicationId, "code"),
    ),
    h("p", {}, `${windowSentence(triage)}. ${deploymentSentence(triage)}`),
  );
  replace(lead, summary(triage));
  replace(content, reportSections(triage, actions));
  showStatus("");
  showControls();
}

/** Show the windows to choose from, and the button that loads the triage again. */
function showControls(): void {
  const since = asString(shownArguments["since"]) || undefined;
  const endsNow = shownArguments["until"] === undefined;
  if (asString(shownArguments["application_id"]) === "" || !host.canCallTools) return replace(controls);
  const windows = WINDOWS.map(([label, each]) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(endsNow && each === since),
        onclick: () => void load({ ...shownArguments, since: each, until: undefined }),
      },
      label,
    ),
  );
  replace(
    controls,
    h("div", { class: "windows", role: "group", "aria-label": "Window" }, ...windows),
    h("button", { type: "button", onclick: () => void load(shownArguments) }, "Refresh"),
  );
}

async function load(given: Arguments): Promise<void> {
  const number = ++latestLoad;
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  showLoading();
  try {
    const result = await host.callTool(TOOL, defined);
    if (number !== latestLoad) return;
    shownArguments = defined;
    show(result);
  } catch (error) {
    if (number !== latestLoad) return;
    showStatus("");
    showError(error);
  }
}

function showLoading(): void {
  content.setAttribute("aria-busy", "true");
  replace(errorBox);
  replace(statusLine, "Reading the jobs …");
  if (!content.hasChildNodes())
    replace(
      content,
      h("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 6 }, () => h("span"))),
    );
}

function showStatus(text: string): void {
  content.setAttribute("aria-busy", "false");
  replace(statusLine, text);
}

function showError(error: unknown): void {
  replace(errorBox, h("p", {}, errorMessage(error)));
}

showLoading();
host.connect().catch(showError);
