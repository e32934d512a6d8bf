/**
 * A process with two inference processes, for tests on every runtime: runs 40 inferences, kills one process in their
 * midst, says in one line of JSON what came of it, and waits for its end.
 */

import { getPriority } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { ArrayTensor } from "./inference.ts";
import { workersWith } from "./open-worker.ts";
import { MODELS } from "./testing.ts";
import type { WorkerPool } from "./worker-pool.ts";

/** Levels that they stand behind this process. */
const NICE = 3;
const files = { vision: join(MODELS, "clip/1/onnx/vision_model.onnx") };
const pool = (await workersWith({ replicas: 2, nice: NICE })(files, { threads: 1 })) as WorkerPool;
const data = new Float32Array(4 * 3 * 112 * 112).fill(0.5);
const pixels: ArrayTensor = { type: "float32", dims: [4, 3, 112, 112], data };
const run = async () => (await pool.run("vision", { pixel_values: pixels }, ["image_embeds"])).image_embeds;

const expected = String((await run())?.data);
const runs = Array.from({ length: 40 }, run);
await runs[5];
const [killed = 0] = pool.pids;
process.kill(killed, "SIGKILL");
const answers = await Promise.all(runs);
const same = answers.filter((answer) => String(answer?.data) === expected).length;
process.once("SIGTERM", async () => {
  await pool.close();
  process.exit(0);
});
setInterval(() => {}, 60_000); // signals alone do not keep every runtime waiting
const behind = pool.pids.map((pid) => getPriority(pid) - getPriority());
console.log(JSON.stringify({ same, dims: answers[0]?.dims, killed, pids: pool.pids, behind }));
