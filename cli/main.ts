import process from "node:process";
import { CommandError, type CommandIo } from "./command.ts";
import { commandNames, helpText, loadCommand } from "./commands.ts";

const io: CommandIo = { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd() };

/** Runs one command and answers its exit code. */
async function main(args: string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    io.stdout.write(await helpText());
    return 0;
  }
  if (!(await commandNames()).includes(name)) {
    io.stderr.write(`flashfit: unknown command "${name}"\n\n${await helpText()}`);
    return 2;
  }
  try {
    return await (await loadCommand(name)).run(rest, io);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    io.stderr.write(`flashfit ${name}: ${error.message}\n`);
    return error.exitCode;
  }
}

process.exitCode = await main(process.argv.slice(2));
