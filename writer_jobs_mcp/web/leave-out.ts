// Removes library code that the pages never run. Measured: the triage page is 199 kB with this plugin, 304 kB without.
// Each cut names the code that it removes, and fails the build if a library no longer has it.

import type { Plugin } from "vite";

interface Cut {
  /** Matches the end of the file's path. */
  file: RegExp;
  /** The code to remove, and its replacement. */
  code: string | RegExp;
  replacement: string;
}

const CLIENT = /@modelcontextprotocol\/client\/dist\/src-[^/]+\.mjs$/;

const CUTS: Cut[] = [
  // A page and its host agree on a revision of the Apps protocol, which uses the MCP messages of 2025. The schemas of
  // the 2026 revision are never used.
  {
    file: CLIENT,
    code: "version !== void 0 && isModernProtocolVersion(version) ? rev2026Codec : rev2025Codec",
    replacement: "rev2025Codec",
  },
  {
    file: CLIENT,
    code: 'classification.era === "modern" ? rev2026Codec.era : rev2025Codec.era',
    replacement: "rev2025Codec.era",
  },
  { file: CLIENT, code: "ALL_CODECS = [rev2025Codec, rev2026Codec]", replacement: "ALL_CODECS = [rev2025Codec]" },
  // The messages that no page or host sends: about prompts, resources, tasks, sampling, logging and other things.
  {
    file: CLIENT,
    code: /^\t+"?(?:completion|logging|prompts|resources|tasks|sampling|elicitation|roots|notifications\/(?:tasks|roots|prompts|resources|elicitation|message))\b[\w/]*"?: s\.\w+,?\n/gm,
    replacement: "",
  },
  // A table of all protocol types, for programs that validate messages by name.
  { file: CLIENT, code: "for (const key of SPEC_SCHEMA_KEYS) register(key, schemas_exports[key]);", replacement: "" },
  { file: CLIENT, code: "for (const [key, schema] of Object.entries(authSchemas)) register(key, schema);", replacement: "" },
  // Used by servers to request input. Marked as pure, the bundler removes it when it is unused.
  {
    file: CLIENT,
    code: "inputRequired = Object.assign(",
    replacement: "inputRequired = /* @__PURE__ */ Object.assign(",
  },
  // Unused schemas: the bundler removes one only if creating it, with all that it is made of, is marked as pure.
  {
    file: /@modelcontextprotocol\/core\/dist\/schemas-[^/]+\.mjs$/,
    code: /^const (\w+) = (\w+[.(][^]*?);\n(?![\t }])/gm,
    replacement: "const $1 = /* @__PURE__ */ (() => $2)();\n",
  },
  // Compiles schemas to code, which the page's content security policy forbids.
  { file: /zod\/v4\/classic\/schemas\.js$/, code: "core.$ZodObjectJIT.init", replacement: "core.$ZodObject.init" },
  // String formats that no message contains, such as network addresses and base64 tokens.
  {
    file: /zod\/v4\/classic\/schemas\.js$/,
    code: /^ {4}(?:jwt|emoji|guid|uuid(?:v\d)?|nanoid|cuid2?|ulid|base64(?:url)?|xid|ksuid|ipv[46]|cidrv[46]|e164|time|duration)\(params\) \{\n.*\n {4}\},\n/gm,
    replacement: "",
  },
  // Schemas of Apps messages that a page or a host never sends.
  {
    file: /ext-apps\/dist\/src\/app(-bridge)?\.js$/,
    code: /([,; ]\w+=)(?=[A-Za-z]+\.(?:object|union|literal|enum|record|string)\()/g,
    replacement: "$1/* @__PURE__ */",
  },
  // Converts results for servers with output schemas, which neither a page nor its host is.
  { file: CLIENT, code: 'if (method !== "tools/list") return result;', replacement: "return result;" },
  // Descriptions of protocol fields, for JSON schemas that the pages never create.
  {
    file: /ext-apps\/dist\/src\/app(-bridge)?\.js$/,
    code: /\.describe\((["'`])(?:(?!\1)[^\\]|\\.)*\1\)/gs,
    replacement: "",
  },
];

/** Modules called when a schema is created, to prepare its conversion to JSON schema, which the pages never do. */
const UNUSED = /zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/;

export function leaveOut(): Plugin {
  const applied = new Set<Cut>();
  return {
    name: "leave-out",
    transform(code, id) {
      if (UNUSED.test(id)) return { code: stubs(code), map: null };
      const cuts = CUTS.filter(({ file }) => file.test(id));
      if (cuts.length === 0) return null;
      if (CLIENT.test(id)) code = keepNeededSchemas(code);
      for (const cut of cuts) {
        const shorter = code.replaceAll(cut.code, cut.replacement);
        if (shorter === code)
          this.error(`${id} has changed: it no longer contains the code to remove (${cut.code}).`);
        applied.add(cut);
        code = shorter;
      }
      return { code, map: null };
    },
    buildEnd(error) {
      if (error) return;
      const missed = CUTS.find((cut) => !applied.has(cut));
      if (missed) this.error(`No file contains the code to remove: ${missed.code}`);
    },
  };
}

/** The messages of MCP that a page and its host exchange; messages of Apps have schemas of their own. */
const MESSAGES = [
  "PingRequest",
  "EmptyResult",
  "InitializeRequest",
  "InitializeResult",
  "InitializedNotification",
  "CancelledNotification",
  "ProgressNotification",
  "CallToolRequest",
  "CallToolResultWire",
  "ListToolsRequest",
  "ListToolsResult",
  "ToolListChangedNotification",
];

/** Keep, in the function that creates the schemas of all MCP messages, only those that these messages are made of. */
function keepNeededSchemas(code: string): string {
  const [, before = "", body = "", result = "", after = ""] =
    /^([\s\S]*\nfunction build\$1\(\) \{)\n([\s\S]*?)\n(\treturn \{[\s\S]*?\n\t\};)(\n\}[\s\S]*)$/.exec(code) ?? [];
  const schemas = new Map<string, string>(); // the statement that creates each
  for (const statement of body.replace(/\/\*[\s\S]*?\*\//g, "").split(/\n(?=\tconst )/)) {
    const [, name] = /^\s*const ([\w$]+) = /.exec(statement) ?? [];
    if (name) schemas.set(name, statement);
  }
  const needed = new Set<string>();
  const need = (name: string): void => {
    const statement = schemas.get(name);
    if (statement === undefined || needed.has(name)) return;
    needed.add(name);
    for (const [each] of statement.matchAll(/[\w$]+/g)) need(each);
  };
  const entries = MESSAGES.map((message) => {
    const [, schema] = new RegExp(`\\n\\t\\t${message}Schema: ([^]*?),?\\n(?=\\t\\t\\w|\\t\\};)`).exec(result) ?? [];
    if (schema === undefined) throw new Error(`The client has no schema ${message}.`);
    for (const [name] of schema.matchAll(/[\w$]+/g)) need(name);
    return `${message}Schema: ${schema}`;
  });
  const statements = [...schemas].filter(([name]) => needed.has(name)).map(([, statement]) => statement);
  return [before, ...statements, `return { ${entries.join(", ")} };${after}`].join("\n");
}

/** Return a module with the same exports, each a function that returns a function that does nothing. */
function stubs(code: string): string {
  const names = [...code.matchAll(/^export (?:const|(?:async )?function) (\w+)/gm)].map(([, name]) => name);
  return `const stub = () => () => undefined;\n${names.map((name) => `export const ${name} = stub;`).join("\n")}`;
}
