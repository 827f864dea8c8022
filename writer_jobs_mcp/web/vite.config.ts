// Each page is built into one file that needs nothing else: `--mode triage` or `--mode host`.
// It is written into dist/, or into the directory that PAGES_DIR names.

import { createHash } from "node:crypto";
import { resolve } from "node:path";
import type { Plugin } from "vite";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { leaveOut } from "./leave-out.ts";

export default defineConfig(({ mode }) => ({
  root: resolve(import.meta.dirname, "src", mode),
  logLevel: "error", // its warnings are of what is meant: a page built outside its root, a policy that is completed last
  plugins: [leaveOut(), viteSingleFile({ removeViteModuleLoader: true }), nameScripts()],
  build: {
    outDir: process.env["PAGES_DIR"] ?? resolve(import.meta.dirname, "dist"),
    emptyOutDir: false,
    target: "es2023",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // the first to know light-dark(), which follows the host
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: resolve(import.meta.dirname, "src", mode, `${mode}.html`),
      treeshake: { moduleSideEffects: (id) => !id.includes("node_modules") },
    },
  },
}));

/** Puts the digest of the page's script into its policy, so that no other script can run in it. */
function nameScripts(): Plugin {
  return {
    name: "name-scripts",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type !== "asset" || !file.fileName.endsWith(".html")) continue;
          const html = String(file.source);
          const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script ?? "");
          const digests = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
          file.source = html.replace("'SCRIPTS'", () => digests.join(" "));
        }
      },
    },
  };
}
