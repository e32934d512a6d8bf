#!/usr/bin/env node
// Runs any TypeScript file of the project as `flashfit` is run: node bin/run.mjs <file.ts> [arguments]
import { relative, resolve } from "node:path";
import process from "node:process";
import { runTypeScript } from "./bootstrap.mjs";
import { root } from "./lib/paths.mjs";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("usage: node bin/run.mjs <file.ts> [arguments]\n");
  process.exitCode = 2;
} else {
  await runTypeScript(relative(root, resolve(file)), args);
}
