// Builds each page into one self-contained file: `--mode triage` or `--mode host`.
// The output goes to dist/, or to the directory named by PAGES_DIR.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { leaveOut } from "./leave-out.ts";

export default defineConfig(({ mode }) => ({
  root: resolve(import.meta.dirname, "src", mode),
  logLevel: "error", // its warnings are about intended settings: an output directory outside the root, an unfinished policy
  plugins: [leaveOut(), viteSingleFile({ removeViteModuleLoader: true }), addScriptHashes()],
  build: {
    outDir: process.env["PAGES_DIR"] ?? resolve(import.meta.dirname, "dist"),
    emptyOutDir: false,
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // the first versions with light-dark(), which follows the host's theme
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: resolve(import.meta.dirname, "src", mode, `${mode}.html`),
      treeshake: { moduleSideEffects: (id) => !id.includes("node_modules") },
    },
  },
}));

/** Adds the hash of the page's script to its content security policy, so that no other script can run. */
function addScriptHashes(): Plugin {
  return {
    name: "add-script-hashes",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type !== "asset" || !file.fileName.endsWith(".html")) continue;
          const html = String(file.source);
          const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script ?? "");
          const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
          file.source = html.replace("'SCRIPTS'", () => hashes.join(" "));
        }
      },
    },
  };
}
