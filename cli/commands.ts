import { readdir } from "node:fs/promises";
import type { Command } from "./command.ts";

const folder = new URL("./commands/", import.meta.url);

/** Every command there is: the files of `cli/commands/` are the table. */
export async function commandNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();
}

/** Loads one command alone, so that none pays for what another imports. */
export async function loadCommand(name: string): Promise<Command> {
  return (await import(new URL(`${name}.ts`, folder).href)) as Command;
}

/** What `flashfit help` prints. */
export async function helpText(): Promise<string> {
  const commands = await Promise.all((await commandNames()).map(loadCommand));
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `usage: flashfit <command> [options]\n\n${lines.join("\n")}\n\nflashfit <command> --help says more of one command.\n`;
}
