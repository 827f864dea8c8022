// A client made with the AI SDK: `node ai_sdk.mjs COMMAND…` connects to the server that the command starts, then takes
// JSON requests on stdin.

import { createMCPClient } from "@ai-sdk/mcp";
import { StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";
import { answerLines } from "./lines.mjs";

const [command, ...args] = process.argv.slice(2);
const client = await createMCPClient({ transport: new StdioMCPTransport({ command, args }) });

await answerLines({
  version: async () => client.initializeResult.protocolVersion,
  tools: async () => Object.keys(await client.tools()),
  call: async ({ name, arguments: given }) => (await client.tools())[name].execute(given, { messages: [], toolCallId: "1" }),
});
await client.close();
