import process from "node:process";
import t from "tap";
import { ensureTool } from "../../cli/tools/install.ts";
import { tools } from "../../cli/tools/table.ts";
import { runChild } from "../support/child.ts";
import { findGoTool } from "../support/go-tool.ts";

const at = (file: string) => new URL(file, import.meta.url).pathname;
const suite = findGoTool("connectconformance", "CONNECTCONFORMANCE_BIN");
/** Each takes the better part of a minute, but for the short one, which is all that `npm test` runs; `npm run test:conformance` runs all. */
const everything = process.env.CONFORMANCE === "full";

const runtimes = {
  node: { binary: async () => process.execPath, flags: [] },
  bun: { binary: () => ensureTool(tools.bun, process.env), flags: ["run"] },
  deno: { binary: () => ensureTool(tools.deno, process.env), flags: ["run", "-A", "--quiet"] },
};

/** Run the suite with one configuration on one runtime, as a tap test. */
export function testConformance(name: keyof typeof runtimes, config: string): void {
  const { binary, flags } = runtimes[name];
  t.test(`Connect conformance on ${name}, ${config}`, { skip: reasonToSkip(config) }, async (t) => {
    const output = await runChild(suite ?? "", [
      ...["--mode", "server", "--conf", at(`${config}.yaml`), "--known-failing", `@${at("known-failing.txt")}`],
      ...["--", await binary(), ...flags, at("server.ts")],
    ]);
    t.match(output, /[1-9]\d* passed, 0 failed/, output.slice(-500));
  });
}

function reasonToSkip(config: string): string | false {
  if (!everything && config !== "short") return "skipped: the short form leaves it out; npm run test:conformance";
  if (suite) return false;
  return "skipped: no connectconformance; go install connectrpc.com/conformance/cmd/connectconformance@v1.0.5, or set CONNECTCONFORMANCE_BIN";
}
