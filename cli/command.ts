/** What a command of `flashfit` may touch besides files and the network: handed in, so that a test can watch it. */
export interface CommandIo {
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  env: Record<string, string | undefined>;
  cwd: string;
}

/** A file in `cli/commands/` exports these three; the file is named as the command. */
export interface Command {
  /** The word after `flashfit`. */
  name: string;
  /** One line for `flashfit help`. */
  summary: string;
  /**
   * Does the work.
   *
   * @param args What stood after the command's name.
   * @returns The exit code: 0 done, 1 failed, 2 called in a wrong way.
   */
  run(args: string[], io: CommandIo): Promise<number>;
}

/** A failure that the person at the terminal can act on: printed as its message alone, without a stack. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = "CommandError";
    this.exitCode = exitCode;
  }
}

/** Called in a wrong way: exit code 2. */
export function usageError(message: string): CommandError {
  return new CommandError(message, 2);
}
