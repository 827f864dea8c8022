// What the libraries carry and these pages never use: half of the weight. Each cut names the code it removes and fails
// the build when a library no longer has it.

import type { Plugin } from "vite";

interface Cut {
  /** The end of the path of the file it is in. */
  file: RegExp;
  /** The code, and what takes its place. */
  code: string | RegExp;
  by: string;
}

const CLIENT = /@modelcontextprotocol\/client\/dist\/src-[^/]+\.mjs$/;

const CUTS: Cut[] = [
  // A page and its host agree on a revision of the Apps protocol, which builds on the messages of 2025. The schemas
  // for servers that speak the revision of 2026 have nobody to read.
  {
    file: CLIENT,
    code: "version !== void 0 && isModernProtocolVersion(version) ? rev2026Codec : rev2025Codec",
    by: "rev2025Codec",
  },
  {
    file: CLIENT,
    code: 'classification.era === "modern" ? rev2026Codec.era : rev2025Codec.era',
    by: "rev2025Codec.era",
  },
  { file: CLIENT, code: "ALL_CODECS = [rev2025Codec, rev2026Codec]", by: "ALL_CODECS = [rev2025Codec]" },
  // A table of every type of the protocol, for programs that check messages by name.
  { file: CLIENT, code: "for (const key of SPEC_SCHEMA_KEYS) register(key, schemas_exports[key]);", by: "" },
  { file: CLIENT, code: "for (const [key, schema] of Object.entries(authSchemas)) register(key, schema);", by: "" },
  // Servers ask for input with it; said to be pure, it goes where nobody uses it.
  {
    file: CLIENT,
    code: "inputRequired = Object.assign(",
    by: "inputRequired = /* @__PURE__ */ Object.assign(",
  },
  // Schemas that nobody asks for, which a bundler keeps unless it is told that making one has no effect.
  {
    file: /@modelcontextprotocol\/core\/dist\/schemas-[^/]+\.mjs$/,
    code: /^const (\w+) = (?=\w+[.(])/gm,
    by: "const $1 = /* @__PURE__ */ ",
  },
  // Compiling schemas to code, which a page's policy forbids.
  { file: /zod\/v4\/classic\/schemas\.js$/, code: "core.$ZodObjectJIT.init", by: "core.$ZodObject.init" },
  // Kinds of text that no message has, such as addresses of networks and tokens in base64.
  {
    file: /zod\/v4\/classic\/schemas\.js$/,
    code: /^ {4}(?:jwt|emoji|guid|uuid(?:v\d)?|nanoid|cuid2?|ulid|base64(?:url)?|xid|ksuid|ipv[46]|cidrv[46]|e164|time|duration)\(params\) \{\n.*\n {4}\},\n/gm,
    by: "",
  },
  // Descriptions of the protocol's fields, for the JSON schemas that nobody asks for here.
  { file: /ext-apps\/dist\/src\/app(-bridge)?\.js$/, code: /\.describe\("(?:[^"\\]|\\.)*"\)/g, by: "" },
];

/** Modules whose exports are called when a schema is made, for a use that never comes: turning it into JSON schema. */
const UNUSED = /zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/;

export function leaveOut(): Plugin {
  const made = new Set<Cut>();
  return {
    name: "leave-out",
    transform(code, id) {
      if (UNUSED.test(id)) return { code: absent(code), map: null };
      const cuts = CUTS.filter(({ file }) => file.test(id));
      if (cuts.length === 0) return null;
      for (const cut of cuts) {
        const shorter = code.replaceAll(cut.code, cut.by);
        if (shorter === code)
          this.error(`${id} has changed: what was left out of it is no longer there (${cut.code}).`);
        made.add(cut);
        code = shorter;
      }
      return { code, map: null };
    },
    buildEnd(error) {
      if (error) return;
      const missed = CUTS.find((cut) => !made.has(cut));
      if (missed) this.error(`No file was found to leave this out of: ${missed.code}`);
    },
  };
}

/** The same exports, each a function that makes functions that do nothing. */
function absent(code: string): string {
  const names = [...code.matchAll(/^export (?:const|(?:async )?function) (\w+)/gm)].map(([, name]) => name);
  return `const absent = () => () => undefined;\n${names.map((name) => `export const ${name} = absent;`).join("\n")}`;
}
