import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { observabilityFiles } from "./files.ts";

/** Writes every generated file of observability/. */
export function writeObservabilityFiles(root: string): void {
  for (const [path, text] of Object.entries(observabilityFiles())) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeObservabilityFiles(fileURLToPath(new URL("../", import.meta.url)));
}
