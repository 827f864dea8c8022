// A client made with the AI SDK: `node ai_sdk.mjs COMMAND…` connects to the server that the command starts, then answers
// each line on stdin ({id, method, params}) with a line on stdout ({id, result}).

import { createInterface } from "node:readline";
import { createMCPClient } from "@ai-sdk/mcp";
import { StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";

const [command, ...args] = process.argv.slice(2);
const client = await createMCPClient({ transport: new StdioMCPTransport({ command, args }) });

const answers = {
  version: async () => client.initializeResult.protocolVersion,
  tools: async () => Object.keys(await client.tools()),
  call: async ({ name, arguments: given }) => (await client.tools())[name].execute(given, { messages: [], toolCallId: "1" }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  const answer = await answers[method](params).then(
    (result) => ({ id, result }),
    (error) => ({ id, error: String(error) }),
  );
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await client.close();
