// The page: shows what the host tells it, and lets the user ask for more.

import type { CallToolResult } from "@modelcontextprotocol/client";
import { h, quoted, replace } from "./dom.ts";
import type { Arguments, Deeds } from "./host.ts";
import { Host } from "./host.ts";
import { picture } from "./page.ts";
import { record, textOf, triageOf, words } from "./result.ts";
import { deployment, summary, window as inWindow } from "./words.ts";

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
const said = h("p", { class: "said", role: "status" });
const trouble = h("div", { class: "trouble", role: "alert" });
const kept = h("section", { class: "kept", "aria-label": "Retries" });
const lead = h("p", { class: "lead" });
const content = h("div", { class: "content" });
main.append(h("header", {}, h("div", {}, title, subject), controls), said, trouble, kept, lead, content);

let asked: Arguments = {};
let running = 0; // the number of the last question; an answer to an earlier one comes too late

const host = new Host({
  asked(given) {
    asked = given;
    waiting();
  },
  answered(result) {
    show(result);
  },
  cancelled(reason) {
    idle(`The triage was cancelled${reason ? `: ${reason}` : ""}.`);
    replace(content);
    offer();
  },
});

const deeds: Deeds = {
  async call(tool, given) {
    return record((await host.call(tool, given)).structuredContent);
  },
  read(given) {
    void again({ ...asked, ...given });
  },
  async ask(text) {
    replace(trouble);
    try {
      await host.say(text);
      idle("Asked. The answer comes in the conversation.");
      return true;
    } catch (refused) {
      failed(refused);
      return false;
    }
  },
  say: idle,
  keep(element) {
    kept.append(element);
  },
};

function show(result: CallToolResult): void {
  const triage = triageOf(result);
  replace(trouble);
  if (!triage) {
    replace(content);
    idle("");
    failed(new Error(textOf(result) || "The answer holds no triage."));
    offer();
    return;
  }
  asked = { application_id: triage.applicationId, ...asked };
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
    h("p", {}, `${inWindow(triage)}. ${deployment(triage)}`),
  );
  replace(lead, summary(triage));
  replace(content, picture(triage, deeds));
  idle("");
  offer();
}

/** The windows to choose from, and reading again. */
function offer(): void {
  const since = words(asked["since"]) || undefined;
  const open = asked["until"] === undefined;
  if (words(asked["application_id"]) === "") return replace(controls);
  const windows = WINDOWS.map(([label, each]) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(open && each === since),
        onclick: () => void again({ ...asked, since: each, until: undefined }),
      },
      label,
    ),
  );
  replace(
    controls,
    h("div", { class: "windows", role: "group", "aria-label": "Window" }, ...windows),
    h("button", { type: "button", onclick: () => void again(asked) }, "Refresh"),
  );
}

async function again(given: Arguments): Promise<void> {
  const mine = ++running;
  const wanted = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  waiting();
  try {
    const result = await host.call(TOOL, wanted);
    if (mine !== running) return;
    asked = wanted;
    show(result);
  } catch (error) {
    if (mine !== running) return;
    idle("");
    failed(error);
  }
}

function waiting(): void {
  content.setAttribute("aria-busy", "true");
  replace(trouble);
  replace(said, "Reading the jobs …");
  if (!content.hasChildNodes())
    replace(
      content,
      h("div", { class: "skeleton", "aria-hidden": "true" }, ...Array.from({ length: 6 }, () => h("span"))),
    );
}

function idle(text: string): void {
  content.setAttribute("aria-busy", "false");
  replace(said, text);
}

function failed(error: unknown): void {
  replace(trouble, h("p", {}, error instanceof Error ? error.message : String(error)));
}

waiting();
host.connect().catch(failed);
