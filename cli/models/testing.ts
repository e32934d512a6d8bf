import { PassThrough } from "node:stream";
import { CommandError } from "../command.ts";
import { run } from "../commands/models.ts";

/** What a command said and how it ended; a CommandError is caught as `cli/main.ts` does it. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `flashfit models …` in this process with this environment alone. */
export async function runModels(env: Record<string, string | undefined>, cwd: string, ...args: string[]): Promise<Ran> {
  const said = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof said) =>
    new PassThrough({
      transform(chunk, _, done) {
        said[name] += chunk;
        done();
      },
    });
  try {
    return { code: await run(args, { stdout: stream("stdout"), stderr: stream("stderr"), env, cwd }), ...said };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { code: error.exitCode, stdout: said.stdout, stderr: error.message };
  }
}
