// Mastra: an agent with a model that makes the given calls.

import { contentOfTurn, report, resultsIn } from "./answers.mjs";

// Recipe
import { Agent } from "@mastra/core/agent";
import { MCPClient } from "@mastra/mcp";

const client = new MCPClient({
  servers: {
    writerJobs: {
      command: "writer-jobs-mcp",
      args: [],
      env: { WRITER_API_KEY: process.env.WRITER_API_KEY },
    },
  },
});

async function ask(model, question) {
  const tools = await client.listTools();
  const agent = new Agent({ id: "triage", name: "Triage", instructions: "", model, tools });
  return agent.generate(question, { maxSteps: 10 });
}
// End of the recipe

const PREFIX = "writerJobs_";
let turn = 0;
let seen;
function next(options) {
  seen = options;
  const content = contentOfTurn(turn++).map((part) =>
    part.type === "tool-call" ? { ...part, toolName: PREFIX + part.toolName } : part,
  );
  return { content, finishReason: content[0].type === "text" ? "stop" : "tool-calls" };
}
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const model = {
  specificationVersion: "v2",
  provider: "scripted",
  modelId: "scripted",
  supportedUrls: {},
  doGenerate: async (options) => ({ ...next(options), usage, warnings: [] }),
  doStream: async (options) => {
    const { content, finishReason } = next(options);
    const parts = content.flatMap((part) =>
      part.type === "text"
        ? [
            { type: "text-start", id: "1" },
            { type: "text-delta", id: "1", delta: part.text },
            { type: "text-end", id: "1" },
          ]
        : [part],
    );
    const all = [{ type: "stream-start", warnings: [] }, ...parts, { type: "finish", finishReason, usage }];
    return { stream: ReadableStream.from(all) };
  },
};
await ask(model, "What failed?");
await client.disconnect();
report(seen.tools, resultsIn(seen.prompt), PREFIX);
