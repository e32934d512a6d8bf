import type { CommandIo } from "../command.ts";
import { usageError } from "../command.ts";
import { runSubcommand, subcommandHelp, subcommandNames } from "../index/subcommands.ts";

export const name = "index";
export const summary = "the Index's vectors: list, benchmark, verify, tune, compact, snapshot, restore";

export async function run(args: string[], io: CommandIo): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined || word === "--help" || word === "-h") {
    io.stdout.write(subcommandHelp());
    return word === undefined ? 2 : 0;
  }
  if (!subcommandNames.includes(word)) {
    throw usageError(`expected one of ${subcommandNames.join(", ")}, got ${word}\n\n${subcommandHelp()}`);
  }
  return runSubcommand(word, rest, io);
}
