// The calls that each program lets its framework make, and what the model would read.

export const calls = JSON.parse(process.argv[2]);

/** Returns the next call as the content of a model's answer, or the last word. */
export function contentOfTurn(turn) {
  if (turn >= calls.length) return [{ type: "text", text: "done" }];
  const { tool, arguments: given } = calls[turn];
  return [{ type: "tool-call", toolCallId: `call_${turn}`, toolName: tool, input: JSON.stringify(given) }];
}

/** Returns what a prompt has as the tools' results. */
export function resultsIn(prompt) {
  return prompt
    .filter((message) => message.role === "tool")
    .flatMap((message) => message.content.map((part) => part.output?.value ?? part.output ?? part.result));
}

/** Prints the offered tools, as the model's request has them, and what it read after each call. */
export function report(tools, reads, prefix = "") {
  const texts = reads.map((read) => (typeof read === "string" ? read : JSON.stringify(read)));
  const schemas = Object.fromEntries(tools.map((tool) => [tool.name.replace(prefix, ""), tool.inputSchema]));
  process.stdout.write(
    JSON.stringify({ tools: Object.keys(schemas), reads: texts, schemas: { "as it is": schemas } }) + "\n",
  );
}
