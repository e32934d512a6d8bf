import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import t from "tap";
import { findTool } from "../../cli/tools/find.ts";
import { tools } from "../../cli/tools/table.ts";
import { runChild } from "../support/child.ts";

const at = (file: string) => new URL(file, import.meta.url).pathname;
const suite = findSuite();
const runtimes = {
  node: { command: process.execPath, flags: [] },
  bun: { command: await findTool(tools.bun, process.env), flags: ["run"] },
  deno: { command: await findTool(tools.deno, process.env), flags: ["run", "-A", "--quiet"] },
};

/** Run the suite with one configuration on one runtime, as a tap test. */
export function testConformance(name: keyof typeof runtimes, config: string): void {
  const { command, flags } = runtimes[name];
  if (!suite) {
    t.comment(
      "skipped: connectconformance is not installed; " +
        "go install connectrpc.com/conformance/cmd/connectconformance@v1.0.5, or set CONNECTCONFORMANCE_BIN",
    );
  }
  const missing = !suite ? "skipped: no connectconformance" : !command ? `skipped: ${name} is not installed` : false;
  t.test(`Connect conformance on ${name}, ${config}`, { skip: missing }, async (t) => {
    const output = await runChild(suite ?? "", [
      ...["--mode", "server", "--conf", at(`${config}.yaml`), "--known-failing", `@${at("known-failing.txt")}`],
      ...["--", command ?? "", ...flags, at("server.ts")],
    ]);
    t.match(output, /[1-9]\d* passed, 0 failed/, output.slice(-500));
  });
}

function findSuite(): string | undefined {
  const named = process.env.CONNECTCONFORMANCE_BIN;
  if (named) return named;
  const folders = [...(process.env.PATH ?? "").split(delimiter), join(homedir(), "go", "bin")];
  return folders.map((folder) => join(folder, "connectconformance")).find((file) => existsSync(file));
}
