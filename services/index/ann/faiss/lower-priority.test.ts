import { once } from "node:events";
import os from "node:os";
import process from "node:process";
import { Worker } from "node:worker_threads";
import t from "tap";

t.test("a thread that lets others go first does so alone", { skip: process.platform !== "linux" }, async (t) => {
  const before = os.getPriority();
  const lower = new URL("./lower-priority.ts", import.meta.url).href;
  const source = `
    const { parentPort } = await import("node:worker_threads");
    const { lowerPriority } = await import(${JSON.stringify(lower)});
    lowerPriority();
    parentPort.postMessage((await import("node:os")).getPriority(0));
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  t.same(await once(worker, "message"), [10]);
  await once(worker, "exit");
  t.equal(os.getPriority(), before, "the process keeps its own");
});
