import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";

/** Path of an optional Go program: what its variable names, else found on PATH or in Go's default folder. */
export function findGoTool(name: string, variable: string): string | undefined {
  const named = process.env[variable];
  if (named) return named;
  const folders = [...(process.env.PATH ?? "").split(delimiter), join(homedir(), "go", "bin")];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}
