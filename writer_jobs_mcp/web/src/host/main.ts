// A host for one conversation: it calls a triage tool, shows the server's page for the result, and forwards the
// page's calls to the server, as Claude Desktop does. Messages to the model are only shown.

import type { CallToolResult, ReadResourceResult, Tool } from "@modelcontextprotocol/client";
import type { McpUiHostCapabilities, McpUiHostContext, McpUiTheme } from "@modelcontextprotocol/ext-apps/app-bridge";
import { AppBridge, getToolUiResourceUri, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";
import { structureOf } from "../triage/result.ts";

const TOOL = "triage_application_jobs";
const ACCOUNT_TOOL = "triage_all_applications";
const ALL = "all"; // the choice of all applications, in the list and in the query

const conversation = element("conversation");
const applications = element("application") as HTMLSelectElement;
const themeButton = element("theme");
const query = new URLSearchParams(location.search);

let theme: McpUiTheme =
  query.get("theme") === "dark" || matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
let bridge: AppBridge | undefined;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`There is no element #${id}.`);
  return found;
}

/** Send one request to the server, through the relay that serves this page. */
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

function hostContext(): McpUiHostContext {
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

function applyTheme(): void {
  document.documentElement.style.colorScheme = theme;
  themeButton.textContent = theme === "dark" ? "Light" : "Dark";
  bridge?.setHostContext(hostContext());
}

/** Append a line to the conversation, as plain text. */
function addLine(kind: string, text: string): HTMLElement {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  conversation.append(line);
  return line;
}

function addModelText(result: CallToolResult): void {
  const text = result.content.map((block) => (block.type === "text" ? block.text : "")).join("\n");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const pre = document.createElement("pre");
  summary.textContent = `What the model reads: ${text.length.toLocaleString("en")} characters`;
  pre.textContent = text;
  details.append(summary, pre);
  conversation.append(details);
}

/** What this host can do; the query may leave some of it out (`without=serverTools`), to see how the page copes. */
function capabilities(): McpUiHostCapabilities {
  const missing = query.getAll("without");
  const all: McpUiHostCapabilities = { serverTools: {}, message: { text: {} }, downloadFile: {} };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !missing.includes(name)));
}

async function showPage(html: string): Promise<AppBridge> {
  const frame = document.createElement("iframe");
  frame.title = "Triage page";
  frame.setAttribute("sandbox", "allow-scripts");
  conversation.append(frame);
  const view = frame.contentWindow;
  if (!view) throw new Error("The iframe has no window.");
  const pageBridge = new AppBridge(
    null,
    { name: "writer-jobs-viewer", version: "1" },
    capabilities(),
    { hostContext: hostContext() },
  );
  const ready = new Promise<void>((resolve) => (pageBridge.oninitialized = () => resolve()));
  pageBridge.onsizechange = ({ height }) => {
    if (height) frame.style.height = `${Math.ceil(height) + 2}px`;
  };
  pageBridge.oncalltool = (params) => request<CallToolResult>("tools/call", params);
  pageBridge.onmessage = async ({ content }) => {
    for (const block of content) if (block.type === "text") addLine("user", block.text);
    return {};
  };
  pageBridge.ondownloadfile = async ({ contents }) => {
    for (const each of contents) if (each.type === "resource" && "text" in each.resource) save(each.resource);
    return {};
  };
  await pageBridge.connect(new PostMessageTransport(view, view));
  frame.srcdoc = html;
  await ready;
  return pageBridge;
}

/** Save a text that the page offers, as a file of this host: the page's own frame may not download. */
function save({ uri, mimeType, text }: { uri: string; mimeType?: string | undefined; text: string }): void {
  const link = document.createElement("a");
  link.download = uri.split("/").at(-1) ?? "";
  link.href = URL.createObjectURL(new Blob([text], { type: mimeType ?? "text/plain" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function startConversation(pages: Map<string, string>, id: string, name: string): Promise<void> {
  await bridge?.teardownResource({}).catch(() => undefined);
  conversation.replaceChildren();
  const tool = id === ALL ? ACCOUNT_TOOL : TOOL;
  const since = query.get("since") ?? (id === ALL ? "24h" : "7d");
  const toolArguments = { ...(id === ALL ? {} : { application_id: id }), ...(since === "all" ? {} : { since }) };
  addLine("user", id === ALL ? "What failed in all of my applications?" : `What failed in ${name}, and why?`);
  addLine(
    "call",
    `→ ${tool}(${Object.entries(toolArguments)
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .join(", ")})`,
  );
  bridge = await showPage(pages.get(tool) ?? "");
  await bridge.sendToolInput({ arguments: toolArguments });
  const result = await request<CallToolResult>("tools/call", { name: tool, arguments: toolArguments });
  performance.mark("result");
  await bridge.sendToolResult(result);
  addModelText(result);
}

/** Read the page of each triage tool that the server offers. */
async function readPages(): Promise<Map<string, string>> {
  const { tools } = await request<{ tools: Tool[] }>("tools/list");
  const pages = new Map<string, string>();
  for (const tool of tools.filter(({ name }) => name === TOOL || name === ACCOUNT_TOOL)) {
    const uri = getToolUiResourceUri(tool);
    if (!uri) continue;
    const { contents } = await request<ReadResourceResult>("resources/read", { uri });
    const [page] = contents;
    if (!page || !("text" in page)) throw new Error(`${uri} is not a page.`);
    pages.set(tool.name, page.text);
  }
  if (!pages.has(TOOL)) throw new Error("The server offers no page for a triage.");
  return pages;
}

async function start(): Promise<void> {
  applyTheme();
  const pages = await readPages();
  const listed = await request<CallToolResult>("tools/call", { name: "list_applications", arguments: {} });
  const { applications: found = [] } = structureOf(listed) as {
    applications?: { id: string; name: string }[];
  };
  applications.append(...found.map(({ id, name }) => new Option(name, id)));
  if (pages.has(ACCOUNT_TOOL)) applications.append(new Option("All applications", ALL));
  applications.value = query.get("application") ?? found.at(-1)?.id ?? "";
  const choose = (): Promise<void> =>
    startConversation(pages, applications.value, applications.selectedOptions[0]?.text ?? "");
  applications.addEventListener("change", () => void choose().catch(showError));
  await choose();
}

function showError(error: unknown): void {
  addLine("call", error instanceof Error ? error.message : String(error)).setAttribute("role", "alert");
}

themeButton.addEventListener("click", () => {
  theme = theme === "dark" ? "light" : "dark";
  applyTheme();
});
start().catch(showError);
