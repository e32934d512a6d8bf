import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usageError } from "../command.ts";

/** The values of a command's flags. Throws a usage error, with the command's help, for one that it does not have. */
export function parseFlags<T extends ParseArgsOptionsConfig>(args: string[], flags: T, help: string) {
  return orHelp(() => parseArgs({ args, options: flags }).values, help);
}

/** The same for a command that takes words besides, as `positionals`. */
export function parseFlagsAndWords<T extends ParseArgsOptionsConfig>(args: string[], flags: T, help: string) {
  return orHelp(() => parseArgs({ args, options: flags, allowPositionals: true }), help);
}

function orHelp<T>(parse: () => T, help: string): T {
  try {
    return parse();
  } catch (error) {
    throw usageError(`${(error as Error).message}\n\n${help}`);
  }
}
