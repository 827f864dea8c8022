// The connection to the host: the events that it sends, and the actions that the page requests.

import type { CallToolResult } from "@modelcontextprotocol/client";
import type { McpUiHostContext } from "@modelcontextprotocol/ext-apps";
import { App, applyDocumentTheme, applyHostFonts, applyHostStyleVariables } from "@modelcontextprotocol/ext-apps";
import { textOf } from "./result.ts";

export type Arguments = Record<string, unknown>;

export interface HostEvents {
  /** The tool was called with these arguments; its result follows. */
  toolCalled(given: Arguments): void;
  resultReceived(result: CallToolResult): void;
  cancelled(reason: string | undefined): void;
}

/** What the parts of the page can do. */
export interface HostActions {
  /** Whether this host forwards calls of tools; if not, the page asks the model for them. */
  readonly canCallTools: boolean;
  /** Call a tool, and return the structure of its result. @throws HostError */
  callTool(tool: string, given: Arguments): Promise<Record<string, unknown>>;
  /** Run the triage with these arguments, and replace the one that is shown. */
  loadTriage(given: Arguments): void;
  /** Show the triage of an application of the overview, with a way back. */
  openApplication(given: Arguments): void;
  /** Send the text to the model as the user's message; return whether the host accepted it. */
  askModel(text: string): Promise<boolean>;
  /** Let the host save a file; undefined if this host saves none. @throws HostError */
  readonly saveFile: ((name: string, text: string) => Promise<void>) | undefined;
  /** Show a status message, which screen readers announce. */
  announce(text: string): void;
  /** Show an element above the report until it is removed. */
  pin(element: HTMLElement): void;
}

/** A request was rejected: the message of the server, or of the host. */
export class HostError extends Error {
  /** Whether the server has answered; if not, what became of the request is not known. */
  readonly isAnswer: boolean;

  constructor(message: string, isAnswer = false) {
    super(message);
    this.isAnswer = isAnswer;
  }
}

const ANSWER_TIMEOUT = 60_000; // milliseconds; the server answers before
const QUESTION_TIMEOUT = 600_000; // for a tool for which the host, or the server through the host, asks the user first
const ASKS_USER = new Set(["retry_jobs"]);

export class Host {
  readonly #app = new App({ name: "writer-jobs-triage", version: "1" });

  constructor(events: HostEvents) {
    let latest = "";
    this.#app.addEventListener("toolinput", (input) => events.toolCalled(input.arguments ?? {}));
    this.#app.addEventListener("toolresult", (result) => {
      // A host may send a result again; what the user has opened meanwhile stays open.
      const sent = JSON.stringify(result);
      if (sent === latest) return;
      latest = sent;
      events.resultReceived(result);
    });
    this.#app.addEventListener("toolcancelled", ({ reason }) => events.cancelled(reason));
    this.#app.addEventListener("hostcontextchanged", applyTheme);
  }

  async connect(): Promise<void> {
    await this.#app.connect();
    applyTheme(this.#app.getHostContext() ?? {});
  }

  get canCallTools(): boolean {
    return this.#app.getHostCapabilities()?.serverTools !== undefined;
  }

  get canSaveFiles(): boolean {
    return this.#app.getHostCapabilities()?.downloadFile !== undefined;
  }

  /** @throws HostError with the message of the server or the host. */
  async callTool(tool: string, given: Arguments): Promise<CallToolResult> {
    const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const timeout = ASKS_USER.has(tool) ? QUESTION_TIMEOUT : ANSWER_TIMEOUT;
    const result = await withHostError(this.#app.callServerTool({ name: tool, arguments: defined }, { timeout }));
    if (result.isError) throw new HostError(textOf(result) || `${tool} failed without an error message.`, true);
    return result;
  }

  /** Send a message to the model as the user. @throws HostError */
  async sendMessage(text: string): Promise<void> {
    const { isError } = await withHostError(this.#app.sendMessage({ role: "user", content: [{ type: "text", text }] }));
    if (isError) throw new HostError("The host did not send the message.");
  }

  /** Save a text file. @throws HostError */
  async saveFile(name: string, mimeType: string, text: string): Promise<void> {
    const resource = { uri: `file:///${name}`, mimeType, text };
    const { isError } = await withHostError(this.#app.downloadFile({ contents: [{ type: "resource", resource }] }));
    if (isError) throw new HostError("The host did not save the file.");
  }
}

async function withHostError<T>(response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    throw new HostError(`The host rejected the request: ${errorMessage(error)}`);
  }
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function applyTheme({ theme, styles }: McpUiHostContext): void {
  if (theme) applyDocumentTheme(theme);
  if (styles?.variables) applyHostStyleVariables(styles.variables);
  if (styles?.css?.fonts) applyHostFonts(styles.css.fonts);
}
