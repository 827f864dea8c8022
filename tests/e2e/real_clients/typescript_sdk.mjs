// A client made with one of the two TypeScript SDKs: `node typescript_sdk.mjs 1|2 COMMAND…` connects to the server that
// the command starts, then takes JSON requests on stdin.

import { answerLines } from "./lines.mjs";

const SDKS = {
  1: ["@modelcontextprotocol/sdk/client/index.js", "@modelcontextprotocol/sdk/client/stdio.js", {}],
  2: ["@modelcontextprotocol/client", "@modelcontextprotocol/client/stdio", { versionNegotiation: { mode: "auto" } }],
};

const [generation, command, ...args] = process.argv.slice(2);
const [core, stdio, options] = SDKS[generation];
const { Client } = await import(core);
const { StdioClientTransport } = await import(stdio);

const client = new Client({ name: "writer-jobs-mcp tests", version: "1" }, options);
await client.connect(new StdioClientTransport({ command, args }));

await answerLines({
  tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
  call: (params) => client.callTool(params),
});
await client.close();
