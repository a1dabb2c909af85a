/** What the page's JavaScript is checked for beside its types: likely faults, and which folder may import which. */

import { readdirSync } from "node:fs";

import js from "@eslint/js";
import globals from "globals";

const STATIC = "gateway/static";
// What modules of each folder may import beside their own folder; main.js may import everything.
const MAY_IMPORT = {
  tables: [],
  recording: ["tables"],
  "page/shared": [],
  "page/drawing": ["page/shared"],
  "page/beats": ["page/shared", "recording", "tables"],
  "page/gateway": ["page/shared", "page/beats"],
  "page/opening": ["page/shared", "page/drawing", "page/beats", "page/gateway", "recording", "tables"],
  "page/views": ["page/shared", "page/drawing", "page/beats", "page/gateway"],
};
const FOLDERS = Object.keys(MAY_IMPORT);
// These run in the page and beside it, so they know neither's own globals.
const ANYWHERE = { ...globals["shared-node-browser"], File: "readonly" };

for (const { name } of readdirSync(`${STATIC}/page`, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  if (!FOLDERS.includes(`page/${name}`)) throw new Error(`page/${name} is in no rule: say in ${import.meta.filename} what it may import`);
}

/** Forbid a folder to import any of the others that it may not. */
function boundary(folder) {
  const own = folder.split("/").at(-1);
  const forbidden = FOLDERS.filter((other) => other !== folder && !MAY_IMPORT[folder].includes(other));
  const names = forbidden.map((other) => other.split("/").at(-1));
  const message = `${own} may import ${MAY_IMPORT[folder].join(", ") || "nothing of the others"}: see scripts/page/eslint.config.js`;
  return {
    files: [`${STATIC}/${folder}/**/*.js`],
    rules: { "no-restricted-imports": ["error", { patterns: [{ regex: `^(\\.\\./)+(page/)?((${names.join("|")})/|main\\.js$)|^[^.]`, message }] }] },
  };
}

export default [
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-control-regex": "off", // the readers look for control characters
      "no-implicit-coercion": "error",
      "no-unused-vars": ["error", { caughtErrors: "all" }],
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
    },
  },
  { files: [`${STATIC}/{tables,recording}/**/*.js`], languageOptions: { globals: ANYWHERE } },
  { files: [`${STATIC}/page/**/*.js`], languageOptions: { globals: { ...globals.browser, Papa: "readonly" } } },
  { files: [`${STATIC}/page/**/worker.js`], languageOptions: { globals: globals.worker } },
  { files: [`${STATIC}/page/theme.js`], languageOptions: { sourceType: "script" } },
  { files: ["tests/**/*.mjs"], languageOptions: { globals: globals.node } },
  ...FOLDERS.map(boundary),
];
