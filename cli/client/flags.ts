import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { usageError } from "../command.ts";

/** The values of a command's flags. Throws a usage error, with the command's help, for one that it does not have. */
export function parseFlags<T extends ParseArgsOptionsConfig>(args: string[], flags: T, help: string) {
  try {
    return parseArgs({ args, options: flags }).values;
  } catch (error) {
    throw usageError(`${(error as Error).message}\n\n${help}`);
  }
}
