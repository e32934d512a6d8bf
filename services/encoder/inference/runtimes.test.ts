import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import t from "tap";
import { ensureTool } from "../../../cli/tools/install.ts";
import { tools } from "../../../cli/tools/table.ts";
import { startChild } from "../../../test/support/child.ts";

const script = fileURLToPath(new URL("testing-parent.ts", import.meta.url));

const runtimes = [
  { name: "node", command: process.execPath, flags: [] },
  { name: "bun", command: await ensureTool(tools.bun, process.env), flags: ["run"] },
  { name: "deno", command: await ensureTool(tools.deno, process.env), flags: ["run", "-A", "--quiet"] },
];

for (const { name, command, flags } of runtimes) {
  t.test(`inference processes on ${name}`, async (t) => {
    const start = async () => {
      const child = await startChild(command, [...flags, script], /\{.*\}/);
      t.teardown(() => child.end("SIGKILL"));
      const said = JSON.parse(/\{.*\}/.exec(child.output())?.[0] ?? "") as {
        same: number;
        dims: number[];
        pids: number[];
        behind: number[];
      };
      return { child, ...said, exited: once(child.process, "exit") };
    };

    await t.test("answer, give way, are replaced when killed, and end with an orderly parent", async (t) => {
      const { child, same, dims, pids, behind, exited } = await start();
      t.equal(same, 40);
      t.strictSame(dims, [4, 256]);
      t.ok(pids.every(runsOurWorker), pids.join());
      t.same(new Set(behind), new Set([3]));
      child.process.kill("SIGTERM");
      t.strictSame(await exited, [0, null]);
      await untilGone(pids);
    });

    await t.test("do not outlive a parent that is killed", async (t) => {
      const { child, pids, exited } = await start();
      child.process.kill("SIGKILL");
      await exited;
      await untilGone(pids);
      t.pass("both have ended");
    });
  });
}

/** Resolves once none of the processes is there; the test's own time limit ends the wait. */
async function untilGone(pids: number[]): Promise<void> {
  while (pids.some(runsOurWorker)) await new Promise(setImmediate);
}

/** One that has ended but that nobody has asked for has an empty command line. */
function runsOurWorker(pid: number): boolean {
  try {
    if (process.platform !== "linux") return process.kill(pid, 0);
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("worker/main.ts");
  } catch {
    return false; // there is no such process
  }
}
