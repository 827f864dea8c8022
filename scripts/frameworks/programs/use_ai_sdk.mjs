// The AI SDK, 6 and 7: `generateText` with a model that makes the given calls.

import * as mocks from "ai/test";
import { contentOfTurn, report, resultsIn } from "./answers.mjs";

// Recipe
import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport as StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";
import { generateText, stepCountIs } from "ai";

const client = await createMCPClient({
  transport: new StdioMCPTransport({
    command: "writer-jobs-mcp",
    env: { WRITER_API_KEY: process.env.WRITER_API_KEY },
  }),
});

async function ask(model, prompt) {
  const tools = await client.tools();
  return generateText({ model, tools, prompt, stopWhen: stepCountIs(10) });
}
// End of the recipe

let turn = 0;
let seen;
const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
const model = new (mocks.MockLanguageModelV4 ?? mocks.MockLanguageModelV3)({
  doGenerate: async (options) => {
    seen = options;
    const content = contentOfTurn(turn++);
    const unified = content[0].type === "text" ? "stop" : "tool-calls";
    return { content, finishReason: { unified, raw: unified }, usage, warnings: [] };
  },
});
await ask(model, "What failed?");
await client.close();
report(seen.tools, resultsIn(seen.prompt));
