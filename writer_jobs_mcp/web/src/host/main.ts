// A host for one conversation: it asks for a triage, draws the page that the server offers for the answer, and passes
// on what the page asks for, as Claude Desktop does. What the page says to the model stays here, to be looked at.

import type { CallToolResult, ReadResourceResult, Tool } from "@modelcontextprotocol/client";
import type { McpUiHostContext, McpUiTheme } from "@modelcontextprotocol/ext-apps/app-bridge";
import { AppBridge, getToolUiResourceUri, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

const TOOL = "triage_application_jobs";

const conversation = element("conversation");
const applications = element("application") as HTMLSelectElement;
const themes = element("theme");
const asked = new URLSearchParams(location.search);

let theme: McpUiTheme =
  asked.get("theme") === "dark" || matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
let bridge: AppBridge | undefined;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no #${id}.`);
  return found;
}

/** One request to the server, through the relay that serves this page. */
async function request<T>(method: string, params: object = {}): Promise<T> {
  const response = await fetch("rpc", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ method, params }),
  });
  const { result, error } = await response.json();
  if (error) throw new Error(error.message);
  return result;
}

function context(): McpUiHostContext {
  const dark = theme === "dark";
  const variables = {
    "--color-background-primary": dark ? "#191918" : "#faf9f5",
    "--color-background-secondary": dark ? "#2b2b28" : "#efede4",
    "--color-text-primary": dark ? "#f1f1ec" : "#1d1d1b",
    "--color-text-secondary": dark ? "#b4b4ac" : "#5c5c56",
  };
  return {
    theme,
    displayMode: "inline",
    platform: "desktop",
    styles: { variables: variables as NonNullable<McpUiHostContext["styles"]>["variables"] },
  } as McpUiHostContext;
}

function dress(): void {
  document.documentElement.style.colorScheme = theme;
  themes.textContent = theme === "dark" ? "Light" : "Dark";
  bridge?.setHostContext(context());
}

/** A line of the conversation: text, and nothing but text. */
function line(name: "p", kind: string, text: string): HTMLElement {
  const said = document.createElement(name);
  said.className = kind;
  said.textContent = text;
  conversation.append(said);
  return said;
}

function reading(result: CallToolResult): void {
  const text = result.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const pre = document.createElement("pre");
  summary.textContent = `What the model reads: ${text.length.toLocaleString("en")} characters`;
  pre.textContent = text;
  details.append(summary, pre);
  conversation.append(details);
}

async function draw(html: string): Promise<AppBridge> {
  const frame = document.createElement("iframe");
  frame.title = "Triage page";
  frame.setAttribute("sandbox", "allow-scripts");
  conversation.append(frame);
  const view = frame.contentWindow;
  if (!view) throw new Error("The page has no window.");
  const drawn = new AppBridge(
    null,
    { name: "writer-jobs-viewer", version: "1" },
    { serverTools: {}, message: { text: {} } },
    { hostContext: context() },
  );
  const ready = new Promise<void>((resolve) => (drawn.oninitialized = () => resolve()));
  drawn.onsizechange = ({ height }) => {
    if (height) frame.style.height = `${Math.ceil(height) + 2}px`;
  };
  drawn.oncalltool = (params) => request<CallToolResult>("tools/call", params);
  drawn.onmessage = async ({ content }) => {
    for (const block of content) if (block.type === "text") line("p", "user", block.text);
    return {};
  };
  await drawn.connect(new PostMessageTransport(view, view));
  frame.srcdoc = html;
  await ready;
  return drawn;
}

async function converse(html: string, id: string, name: string): Promise<void> {
  await bridge?.teardownResource({}).catch(() => undefined);
  conversation.replaceChildren();
  const since = asked.get("since") ?? "7d";
  const given = since === "all" ? { application_id: id } : { application_id: id, since };
  line("p", "user", `What failed in ${name}, and why?`);
  line(
    "p",
    "call",
    `→ ${TOOL}(${Object.entries(given)
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .join(", ")})`,
  );
  bridge = await draw(html);
  await bridge.sendToolInput({ arguments: given });
  const result = await request<CallToolResult>("tools/call", { name: TOOL, arguments: given });
  performance.mark("result");
  await bridge.sendToolResult(result);
  reading(result);
}

async function start(): Promise<void> {
  dress();
  const { tools } = await request<{ tools: Tool[] }>("tools/list");
  const uri = getToolUiResourceUri(tools.find(({ name }) => name === TOOL) ?? {});
  if (!uri) throw new Error("The server offers no page for a triage.");
  const { contents } = await request<ReadResourceResult>("resources/read", { uri });
  const [page] = contents;
  if (!page || !("text" in page)) throw new Error(`${uri} is not a page.`);
  const listed = await request<CallToolResult>("tools/call", { name: "list_applications", arguments: {} });
  const { applications: found = [] } = (listed.structuredContent ?? {}) as {
    applications?: { id: string; name: string }[];
  };
  applications.append(...found.map(({ id, name }) => new Option(name, id)));
  applications.value = asked.get("application") ?? found.at(-1)?.id ?? "";
  const choose = (): Promise<void> =>
    converse(page.text, applications.value, applications.selectedOptions[0]?.text ?? "");
  applications.addEventListener("change", () => void choose().catch(told));
  await choose();
}

function told(error: unknown): void {
  line("p", "call", error instanceof Error ? error.message : String(error)).setAttribute("role", "alert");
}

themes.addEventListener("click", () => {
  theme = theme === "dark" ? "light" : "dark";
  dress();
});
start().catch(told);
