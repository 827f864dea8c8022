// The page: shows the results that the host sends, and lets the user load others.

import type { CallToolResult } from "@modelcontextprotocol/client";
import { accountSections, accountSummary, accountWindow } from "./account.ts";
import type { Account } from "./accountResult.ts";
import { parseAccount } from "./accountResult.ts";
import type { Child } from "./dom.ts";
import { h, quoted, replace } from "./dom.ts";
import type { Arguments, HostActions } from "./host.ts";
import { errorMessage, Host } from "./host.ts";
import { reportSections } from "./report.ts";
import type { Triage } from "./result.ts";
import { asString, parseTriage, structureOf, textOf } from "./result.ts";
import { deploymentSentence, summary, windowSentence } from "./sentences.ts";

const APPLICATION_TOOL = "triage_application_jobs";
const ACCOUNT_TOOL = "triage_all_applications";
const WINDOWS: [label: string, since: string | undefined][] = [
  ["24 h", "24h"],
  ["7 d", "7d"],
  ["All", undefined],
];

const main = document.querySelector("main") ?? document.body;
const title = h("h1", { tabindex: "-1" }, "Failed jobs");
const subject = h("div", { class: "subject" });
const controls = h("div", { class: "controls" });
const statusLine = h("p", { class: "status-line", role: "status" });
const errorBox = h("div", { class: "error-box", role: "alert" });
const pinned = h("section", { class: "pinned", "aria-label": "Retries" });
const lead = h("p", { class: "lead" });
const content = h("div", { class: "content" });
main.append(h("header", {}, h("div", {}, title, subject), controls), statusLine, errorBox, pinned, lead, content);

/** The call whose result is shown. */
let shown: { tool: string; given: Arguments } = { tool: APPLICATION_TOOL, given: {} };
/** The overview from which an application was opened, to go back to. */
let overview: { account: Account; given: Arguments } | undefined;
let latestLoad = 0; // the number of the latest load; results of earlier ones are ignored

const host = new Host({
  toolCalled(given) {
    shown = { tool: "application_id" in given ? APPLICATION_TOOL : ACCOUNT_TOOL, given };
    showLoading();
  },
  resultReceived(result) {
    latestLoad++;
    overview = undefined;
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
    return structureOf(await host.callTool(tool, given));
  },
  loadTriage(given) {
    void load(shown.tool, { ...shown.given, ...given });
  },
  openApplication(given) {
    void load(APPLICATION_TOOL, given).then((isLoaded) => isLoaded && title.focus());
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
  const account = triage ? undefined : parseAccount(result);
  replace(errorBox);
  if (triage) return showTriage(triage);
  if (account) return showAccount(account, shown.given);
  replace(content);
  showStatus("");
  showError(new Error(textOf(result) || "The result contains no triage."));
  showControls();
}

function showTriage(triage: Triage): void {
  const { applicationName, applicationId } = triage;
  shown = { tool: APPLICATION_TOOL, given: { application_id: applicationId, ...shown.given } };
  showReport(
    "Failed jobs",
    [
      h(
        "p",
        {},
        "Application (no-code agent) ",
        applicationName && h("strong", {}, quoted(applicationName)),
        " ",
        quoted(applicationId, "code"),
      ),
      h("p", {}, `${windowSentence(triage)}. ${deploymentSentence(triage)}`),
    ],
    summary(triage),
    reportSections(triage, actions),
  );
}

function showAccount(account: Account, given: Arguments): void {
  shown = { tool: ACCOUNT_TOOL, given };
  overview = { account, given };
  const subtitle = [h("p", {}, "All applications (no-code agents)"), h("p", {}, accountWindow(account))];
  showReport("Failed jobs of all applications", subtitle, accountSummary(account), accountSections(account, actions));
}

function showReport(name: string, subtitle: Child[], words: string, sections: HTMLElement[]): void {
  replace(title, name);
  replace(subject, ...subtitle);
  replace(lead, words);
  replace(content, ...sections);
  showStatus("");
  showControls();
}

/** Show the windows to choose from, and the buttons that load the report again or go back to the overview. */
function showControls(): void {
  const { tool, given } = shown;
  const isAccount = tool === ACCOUNT_TOOL;
  const since = asString(given["since"]) || (isAccount ? "24h" : undefined);
  const endsNow = given["until"] === undefined;
  const isKnown = isAccount ? overview !== undefined : asString(given["application_id"]) !== "";
  if (!isKnown || !host.canCallTools) return replace(controls);
  const windows = WINDOWS.filter(([, each]) => each !== undefined || !isAccount).map(([label, each]) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(endsNow && each === since),
        onclick: () => void load(tool, { ...given, since: each, until: undefined }),
      },
      label,
    ),
  );
  const back = overview;
  replace(
    controls,
    !isAccount && back && h("button", { type: "button", onclick: () => goBack(back) }, "← All applications"),
    h("div", { class: "windows", role: "group", "aria-label": "Window" }, ...windows),
    h("button", { type: "button", onclick: () => void load(tool, given) }, "Refresh"),
  );
}

function goBack({ account, given }: NonNullable<typeof overview>): void {
  latestLoad++;
  replace(errorBox);
  showAccount(account, given);
  title.focus();
}

/** Call the tool and show its result; return whether it is shown. */
async function load(tool: string, given: Arguments): Promise<boolean> {
  const number = ++latestLoad;
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  showLoading();
  try {
    const result = await host.callTool(tool, defined);
    if (number !== latestLoad) return false;
    shown = { tool, given: defined };
    show(result);
    return true;
  } catch (error) {
    if (number !== latestLoad) return false;
    showStatus("");
    showError(error);
    return false;
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
