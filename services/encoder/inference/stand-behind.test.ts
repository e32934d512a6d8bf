import { spawn } from "node:child_process";
import { once } from "node:events";
import { getPriority } from "node:os";
import process from "node:process";
import t, { type Test } from "tap";
import { standBehind } from "./stand-behind.ts";

async function startProcess(t: Test): Promise<number> {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "inherit"] });
  await once(child, "spawn");
  t.teardown(async () => {
    child.stdin.end();
    await once(child, "exit");
  });
  return child.pid as number;
}

t.test("a process stands so many levels behind this one, the last at most", async (t) => {
  const pid = await startProcess(t);
  standBehind(pid, 0);
  t.equal(getPriority(pid), getPriority());
  standBehind(pid, 2);
  t.equal(getPriority(pid), getPriority() + 2);
  standBehind(pid, 19);
  t.equal(getPriority(pid), 19);
});
