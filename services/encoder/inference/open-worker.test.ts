import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { CannotOpenError, InferenceFailedError, InferenceLostError } from "./errors.ts";
import { openInProcess } from "./in-process.ts";
import type { ArrayTensor } from "./inference.ts";
import { type WorkerOptions, workersWith } from "./open-worker.ts";
import { constantModel, MODELS } from "./testing.ts";
import type { WorkerPool } from "./worker-pool.ts";

const files = {
  vision: join(MODELS, "clip/1/onnx/vision_model.onnx"),
  text: join(MODELS, "clip/1/onnx/text_model.onnx"),
};
const pixels = (seed: number, batch = 1): ArrayTensor => {
  const data = Float32Array.from({ length: batch * 3 * 112 * 112 }, (_, i) => Math.sin(seed + i));
  return { type: "float32", dims: [batch, 3, 112, 112], data };
};
const embed = (pool: WorkerPool, seed: number, call = {}) =>
  pool.run("vision", { pixel_values: pixels(seed) }, ["image_embeds"], call);

/** What the pool said, by event, and a way to wait for one. */
function journal() {
  const events: string[] = [];
  const said = new EventTarget();
  const note = ({ event }: { event: string }) => {
    events.push(event);
    said.dispatchEvent(new Event(event));
  };
  return { events, log: { info: note, warn: note } as unknown as WorkerOptions["log"], said };
}

async function open(t: Test, options: WorkerOptions = {}, which: Record<string, string> = files) {
  const pool = (await workersWith({ startMs: 30_000, ...options })(which, { threads: 1 })) as WorkerPool;
  t.teardown(() => pool.close());
  return pool;
}

async function folder(t: Test) {
  const path = await mkdtemp(join(tmpdir(), "flashfit-inference-"));
  t.teardown(() => rm(path, { recursive: true }));
  return path;
}

t.test("a process answers what ONNX Runtime answers here, and says the same about its graphs", async (t) => {
  const here = await openInProcess(files, { threads: 1 });
  t.teardown(() => here.close());
  const pool = await open(t);
  t.strictSame(pool.graphs, here.graphs);
  t.strictSame(pool.graphs.vision?.shapes?.pixel_values, ["batch", 3, 112, 112]);
  t.equal(pool.graphs.text?.types?.input_ids, "int64");
  const feeds = { pixel_values: pixels(1, 3) };
  t.strictSame(await pool.run("vision", feeds, ["image_embeds"]), await here.run("vision", feeds, ["image_embeds"]));
  const ids: ArrayTensor = { type: "int64", dims: [1, 3], data: BigInt64Array.of(1n, 5n, 2n) };
  const mask: ArrayTensor = { type: "int64", dims: [1, 3], data: BigInt64Array.of(1n, 1n, 1n) };
  const words = { input_ids: ids, attention_mask: mask };
  t.strictSame(await pool.run("text", words, ["text_embeds"]), await here.run("text", words, ["text_embeds"]));
});

t.test("execution providers that are not to be had are said to be so, and the CPU computes", async (t) => {
  const lines: string[] = [];
  const log = {
    info: () => {},
    warn: (_: object, line: string) => lines.push(line),
  } as unknown as WorkerOptions["log"];
  const open = workersWith({ log });
  const pool = (await open({ vision: files.vision }, { threads: 1, providers: ["coreml", "cuda"] })) as WorkerPool;
  t.teardown(() => pool.close());
  t.equal((await embed(pool, 1)).image_embeds?.data.length, 256);
  // A machine with a GPU and its libraries computes there.
  const refused = lines.filter((line) => line.startsWith("not computed by"));
  if (pool.provider === "cpu") t.match(refused, [/^not computed by coreml: \S/, /^not computed by cuda: \S/]);
  else t.ok(refused.length < 2, String(pool.provider));
  t.comment(refused.join("\n"));
});

t.test("many runs at once are answered each with its own", async (t) => {
  const pool = await open(t, { replicas: 2 });
  t.equal(pool.pids.length, 2);
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
  const once = await Promise.all(seeds.map((seed) => embed(pool, seed)));
  const again = await Promise.all(seeds.toReversed().map((seed) => embed(pool, seed)));
  t.strictSame(once, again.toReversed());
  t.equal(new Set(once.map(({ image_embeds }) => image_embeds?.data[0])).size, seeds.length);
});

t.test("a run that the graph refuses fails alone, with ONNX Runtime's words", async (t) => {
  const pool = await open(t);
  const good = embed(pool, 1);
  const wrong: ArrayTensor = { type: "float32", dims: [1, 3, 5, 5], data: new Float32Array(75) };
  const bad = pool.run("vision", { pixel_values: wrong }, ["image_embeds"]);
  await t.rejects(bad, InferenceFailedError);
  await t.rejects(bad, { message: /index: 2 Got: 5 Expected: 112/ });
  await t.rejects(pool.run("vision", { pixel_values: pixels(1) }, ["nothing"]), InferenceFailedError);
  await t.rejects(pool.run("sound", {}, []), { message: "expected one of the graphs vision, text, got sound" });
  const uneven = { pixel_values: { ...pixels(1), dims: [2, 3, 112, 112] } as ArrayTensor };
  await t.rejects(pool.run("vision", uneven, ["image_embeds"]), RangeError);
  t.strictSame(await embed(pool, 1), await good);
});

t.test("who hangs up while waiting is not computed for; a deadline that passed neither", async (t) => {
  const pool = await open(t);
  const controller = new AbortController();
  const running = [embed(pool, 1), embed(pool, 2)];
  const waiting = embed(pool, 3, { signal: controller.signal });
  const late = embed(pool, 4, { deadlineMs: Date.now() - 1 });
  controller.abort(new Error("hung up"));
  await t.rejects(waiting, { message: "hung up" });
  await t.rejects(late, { message: "[deadline_exceeded] the deadline passed before the model was free" });
  await t.rejects(embed(pool, 5, { signal: controller.signal }), { message: "hung up" });
  t.equal((await Promise.all(running)).length, 2);
});

t.test("a process killed under load is replaced, and no run fails", async (t) => {
  const { events, log } = journal();
  const pool = await open(t, { log });
  const expected = await embed(pool, 7);
  const runs = Array.from({ length: 60 }, () => embed(pool, 7));
  for (const after of [10, 30]) {
    await runs[after];
    for (const pid of pool.pids) process.kill(pid, "SIGKILL");
  }
  for (const answer of await Promise.all(runs)) t.strictSame(answer, expected);
  t.strictSame(
    events.filter((event) => event === "inference_lost" || event === "inference_restarted").length,
    4,
    "lost twice, back twice",
  );
});

t.test("a process that hangs is killed and replaced", async (t) => {
  const { events, log } = journal();
  const pool = await open(t, { runMs: 300, log });
  const expected = await embed(pool, 7);
  for (const pid of pool.pids) process.kill(pid, "SIGSTOP");
  t.strictSame(await embed(pool, 7), expected);
  t.strictSame(events, ["inference_lost", "inference_restarted"]);
});

t.test("a run that always ends its process fails after the second time, others do not", async (t) => {
  const { log, said } = journal();
  const pool = await open(t, { log });
  const expected = await embed(pool, 7);
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pool.pids) process.kill(pid, name);
  };
  // Said before the run is handed to the new process.
  said.addEventListener("inference_restarted", () => signal("SIGKILL"), { once: true });
  signal("SIGSTOP"); // so that it cannot have answered before it is killed
  const poison = t.rejects(embed(pool, 8), InferenceLostError);
  const behind = embed(pool, 7);
  signal("SIGKILL");
  await poison;
  t.strictSame(await behind, expected);
});

t.test("one that cannot be started again says so, and is tried until it can", async (t) => {
  const path = join(await folder(t), "model.onnx");
  await writeFile(path, constantModel());
  const { log, said } = journal();
  const policy = { firstMs: 0, longestMs: 1, recoveredAfterMs: 1e6 };
  const pool = await open(t, { log, policy }, { vision: path });
  const ask = () => pool.run("vision", { x: { type: "float32", dims: [2], data: Float32Array.of(1, 2) } }, ["y"]);
  t.strictSame((await ask()).y?.data, Float32Array.of(1, 2));
  await writeFile(path, "no model");
  const failed = once(said, "inference_not_started");
  for (const pid of pool.pids) process.kill(pid, "SIGKILL");
  await failed;
  await t.rejects(ask(), InferenceLostError);
  const back = once(said, "inference_restarted");
  await writeFile(path, constantModel());
  await back;
  t.strictSame((await ask()).y?.data, Float32Array.of(1, 2));
});

t.test("a process that holds too much memory is replaced between runs", async (t) => {
  const { events, log, said } = journal();
  const pool = await open(t, { log, maxRssBytes: 1 });
  const [before] = pool.pids;
  const replaced = once(said, "inference_replaced");
  const large = pool.run("vision", { pixel_values: pixels(1, 256) }, ["image_embeds"]);
  const others = [1, 2, 3].map((seed) => embed(pool, seed));
  await Promise.all([large, replaced, ...others]);
  t.not(pool.pids[0], before);
  t.notOk(events.includes("inference_lost"));
});

t.test("what cannot be opened is said to be so: missing, corrupt, of an unknown opset", async (t) => {
  const path = await folder(t);
  const corrupt = join(path, "corrupt.onnx");
  await writeFile(corrupt, "this is not a model");
  const future = join(path, "future.onnx");
  await writeFile(future, constantModel({ opset: 999 }));
  for (const [file, why] of [
    [join(path, "none.onnx"), /none.onnx.*(doesn't exist|No such file)/],
    [corrupt, /corrupt.onnx.*[Pp]rotobuf/],
    [future, /Opset 999/],
  ] as const) {
    const opening = workersWith()({ vision: file }, { threads: 1 });
    await t.rejects(opening, CannotOpenError);
    await t.rejects(opening, { message: why });
  }
});

t.test("a graph that needs more memory than there is fails, and the process goes on", async (t) => {
  const path = join(await folder(t), "huge.onnx");
  await writeFile(path, constantModel({ elements: 2n ** 46n }));
  const pool = await open(t, {}, { vision: path });
  const ask = pool.run("vision", { x: { type: "float32", dims: [1], data: Float32Array.of(1) } }, ["y"]);
  await t.rejects(ask, { name: "InferenceFailedError", message: /[Aa]lloc|memory/ });
  t.equal(pool.pids.length, 1);
});

t.test("what does not come up in time is not waited for", async (t) => {
  const command = [process.execPath, "-e", "setInterval(() => {}, 1000)"];
  const opening = workersWith({ command, startMs: 100 })(files, { threads: 1 });
  await t.rejects(opening, { name: "InferenceLostError", message: /did not answer within 100 ms/ });
  const none = workersWith({ command: ["/no/such/runtime"] })(files, { threads: 1 });
  await t.rejects(none, { name: "InferenceLostError", message: /could not be started/ });
  const other = workersWith({ command: [process.execPath, "-e", "fs.writeSync(3, 'x'.repeat(99))"] });
  await t.rejects(other(files, { threads: 1 }), { message: /does not keep to the format: expected a frame/ });
});

t.test("close ends a process that hangs, and one that is just being started again", async (t) => {
  const { log, said } = journal();
  const pool = await open(t, { log });
  const [first = 0] = pool.pids;
  const lost = once(said, "inference_lost");
  process.kill(first, "SIGKILL");
  await lost;
  await pool.close();
  t.strictSame(pool.pids, []);
  const other = await open(t);
  for (const pid of other.pids) process.kill(pid, "SIGSTOP");
  const [pid = 0] = other.pids;
  await other.close();
  t.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

t.test("close waits for the runs under way and ends the process; later runs are refused", async (t) => {
  const pool = await open(t);
  const [pid = 0] = pool.pids;
  const runs = [1, 2, 3, 4].map((seed) => embed(pool, seed));
  await pool.close();
  t.equal((await Promise.all(runs)).length, 4);
  t.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  await t.rejects(embed(pool, 1), { message: "the model version is closed" });
});
