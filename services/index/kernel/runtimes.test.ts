import process from "node:process";
import t from "tap";
import { ensureTool } from "../../../cli/tools/install.ts";
import { tools } from "../../../cli/tools/table.ts";
import { runChild } from "../../../test/support/child.ts";

const script = new URL("testing/scan-on-runtime.ts", import.meta.url).pathname;

const runtimes = [
  { name: "node", command: process.execPath, flags: [] },
  { name: "bun", command: await ensureTool(tools.bun, process.env), flags: ["run"] },
  { name: "deno", command: await ensureTool(tools.deno, process.env), flags: ["run", "-A", "--quiet"] },
];

for (const { name, command, flags } of runtimes) {
  t.test(`scans on ${name}, with dying threads, and ends by itself`, async (t) => {
    const lines = (await runChild(command, [...flags, script])).trim().split("\n");
    t.strictSame(
      lines.map((line) => JSON.parse(line)),
      [
        { products: "pairs", right: true },
        { products: "fours", right: true },
        { threads: 0, right: true, gone: "gone" },
        { threads: 2, right: true, gone: "gone" },
      ],
    );
  });
}
