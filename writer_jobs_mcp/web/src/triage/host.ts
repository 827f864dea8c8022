// The way to the host: what it tells this page, and what this page asks of it.

import type { CallToolResult } from "@modelcontextprotocol/client";
import type { McpUiHostContext } from "@modelcontextprotocol/ext-apps";
import { App, applyDocumentTheme, applyHostFonts, applyHostStyleVariables } from "@modelcontextprotocol/ext-apps";
import { textOf } from "./result.ts";

export type Arguments = Record<string, unknown>;

export interface Told {
  /** The tool was called with these arguments; its result is on the way. */
  asked(given: Arguments): void;
  answered(result: CallToolResult): void;
  cancelled(reason: string | undefined): void;
}

/** What the parts of the page may have done. */
export interface Deeds {
  /** The structure of the tool's answer. */
  call(tool: string, given: Arguments): Promise<Record<string, unknown>>;
  /** Read the triage with these arguments, and show it in place of this one. */
  read(given: Arguments): void;
  /** Let the user say this to the model; whether the host took it. */
  ask(text: string): Promise<boolean>;
  /** Tell the user, a screen reader's included. */
  say(text: string): void;
  /** Show an element above the picture, until it is removed. */
  keep(element: HTMLElement): void;
}

/** What the host or the server says instead of doing what it was asked. */
export class Refused extends Error {}

export class Host {
  readonly #app = new App({ name: "writer-jobs-triage", version: "1" });

  constructor(told: Told) {
    this.#app.addEventListener("toolinput", (input) => told.asked(input.arguments ?? {}));
    this.#app.addEventListener("toolresult", (result) => told.answered(result));
    this.#app.addEventListener("toolcancelled", ({ reason }) => told.cancelled(reason));
    this.#app.addEventListener("hostcontextchanged", dress);
  }

  async connect(): Promise<void> {
    await this.#app.connect();
    dress(this.#app.getHostContext() ?? {});
  }

  /** @throws Refused with the server's sentence, or the host's. */
  async call(tool: string, given: Arguments): Promise<CallToolResult> {
    const result = await refusing(this.#app.callServerTool({ name: tool, arguments: given }));
    if (result.isError) throw new Refused(textOf(result) || `${tool} was answered with an error that says nothing.`);
    return result;
  }

  /** Let the user say something to the model. @throws Refused */
  async say(text: string): Promise<void> {
    const { isError } = await refusing(this.#app.sendMessage({ role: "user", content: [{ type: "text", text }] }));
    if (isError) throw new Refused("The host did not pass the message on.");
  }
}

async function refusing<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Refused(`The host did not do it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function dress({ theme, styles }: McpUiHostContext): void {
  if (theme) applyDocumentTheme(theme);
  if (styles?.variables) applyHostStyleVariables(styles.variables);
  if (styles?.css?.fonts) applyHostFonts(styles.css.fonts);
}
