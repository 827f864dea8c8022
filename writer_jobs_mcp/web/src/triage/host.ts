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
  /** Call a tool, and return the structure of its result. */
  callTool(tool: string, given: Arguments): Promise<Record<string, unknown>>;
  /** Run the triage with these arguments, and replace the one that is shown. */
  loadTriage(given: Arguments): void;
  /** Send the text to the model as the user's message; return whether the host accepted it. */
  askModel(text: string): Promise<boolean>;
  /** Show a status message, which screen readers announce. */
  announce(text: string): void;
  /** Show an element above the report until it is removed. */
  pin(element: HTMLElement): void;
}

/** The error message of a host or server that rejected a request. */
export class HostError extends Error {}

export class Host {
  readonly #app = new App({ name: "writer-jobs-triage", version: "1" });

  constructor(events: HostEvents) {
    this.#app.addEventListener("toolinput", (input) => events.toolCalled(input.arguments ?? {}));
    this.#app.addEventListener("toolresult", (result) => events.resultReceived(result));
    this.#app.addEventListener("toolcancelled", ({ reason }) => events.cancelled(reason));
    this.#app.addEventListener("hostcontextchanged", applyTheme);
  }

  async connect(): Promise<void> {
    await this.#app.connect();
    applyTheme(this.#app.getHostContext() ?? {});
  }

  /** @throws HostError with the message of the server or the host. */
  async callTool(tool: string, given: Arguments): Promise<CallToolResult> {
    const result = await withHostError(this.#app.callServerTool({ name: tool, arguments: given }));
    if (result.isError) throw new HostError(textOf(result) || `${tool} failed without an error message.`);
    return result;
  }

  /** Send a message to the model as the user. @throws HostError */
  async sendMessage(text: string): Promise<void> {
    const { isError } = await withHostError(this.#app.sendMessage({ role: "user", content: [{ type: "text", text }] }));
    if (isError) throw new HostError("The host did not send the message.");
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
