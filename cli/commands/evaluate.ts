import { join } from "node:path";
import { parseFlags } from "../client/flags.ts";
import { type CommandIo, usageError } from "../command.ts";
import { findHome, projectRoot } from "../state/home.ts";
import { withDotEnv } from "../up/environment.ts";

export const name = "evaluate";
export const summary = "what each policy would have earned, estimated from the log";

const help = `usage: flashfit evaluate [--policy NAME] [--since WHEN] [--places N] [--samples N] [--seed N] [--json]

  Estimates from what was shown and answered what a policy would have earned (off-policy evaluation), with 95 % intervals.
  Without --policy: every policy. --since: a date like 2026-11-21, or how long ago like 90m, 24h, 7d.
  It asks the mesh that runs in FLASHFIT_HOME.
`;

const text = { type: "string" } as const;
const flags = {
  ...{ policy: text, since: text, places: text, samples: text, seed: text },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export async function run(args: string[], io: CommandIo): Promise<number> {
  const values = parseFlags(args, flags, help);
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  if (values.policy === "") throw usageError(`--policy: expected a name\n\n${help}`);
  const env = withDotEnv(io.env, join(projectRoot, ".env"));
  const answer = (value: unknown, said: string) =>
    void io.stdout.write(values.json ? `${JSON.stringify(value, null, 2)}\n` : `${said}\n`);
  const { run: evaluate } = await import("../policies/run-evaluate.ts");
  return evaluate({ args: [], flags: values, home: findHome(env), env, io, answer });
}
