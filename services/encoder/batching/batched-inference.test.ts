import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { openInProcess } from "../inference/in-process.ts";
import type { ArrayTensor, Inference, RunCall } from "../inference/inference.ts";
import { batchedInference } from "./batched-inference.ts";
import { DeadlinePassedError } from "./refusals.ts";
import { randomFrom, VirtualClock } from "./testing.ts";

const CLIP = fileURLToPath(new URL("../../../models/clip/1/onnx", import.meta.url));

/**
 * The same inference, with the dimensions of every run's first feed and what it was told of the callers written down.
 */
function observed(inner: Inference) {
  const runs: { graph: string; dims: readonly number[] | undefined; call: RunCall | undefined }[] = [];
  const inference: Inference = {
    ...inner,
    run(graph, feeds, fetches, call) {
      runs.push({ graph, dims: Object.values(feeds)[0]?.dims, call });
      return inner.run(graph, feeds, fetches, call);
    },
  };
  return { inference, runs };
}

/** A graph that doubles each number of `x`, as a graph of ONNX Runtime would: outputs are new arrays. */
function doubling(
  refuse: (rows: number, x: ArrayTensor) => boolean = () => false,
  shapes?: Record<string, (number | string)[]>,
) {
  let closed = false;
  const inner: Inference = {
    graphs: { g: { inputs: ["x"], outputs: ["y"], ...(shapes ? { shapes } : {}) } },
    async run(_graph, { x }) {
      if (x?.type !== "float32" || refuse(x.dims[0] ?? 0, x)) throw new Error("bad input");
      return { y: { type: "float32", dims: x.dims, data: x.data.map((value) => 2 * value) } };
    },
    async close() {
      closed = true;
    },
  };
  return { ...observed(inner), isClosed: () => closed };
}

const feed = (...values: number[]): Record<string, ArrayTensor> => ({
  x: { type: "float32", dims: [values.length, 1], data: Float32Array.from(values) },
});

const numbersOf = ({ y }: Record<string, ArrayTensor>) => [...((y?.data ?? []) as Float32Array)];

t.test("photos and texts of a real model that come together give what they give alone", async (t) => {
  const alone = await openInProcess(
    { vision: join(CLIP, "vision_model.onnx"), text: join(CLIP, "text_model.onnx") },
    { threads: 1 },
  );
  const { inference, runs } = observed(alone);
  const batched = batchedInference(inference);
  const random = randomFrom(1);
  const photos = [...Array(5)].map(() => ({
    pixel_values: {
      type: "float32" as const,
      dims: [1, 3, 112, 112],
      data: Float32Array.from({ length: 3 * 112 * 112 }, () => random() - 0.5),
    },
  }));
  const words = [5, 5, 7].map((length) => {
    const ids = BigInt64Array.from({ length }, (_, i) => BigInt(i + 1));
    return {
      input_ids: { type: "int64" as const, dims: [1, length], data: ids },
      attention_mask: { type: "int64" as const, dims: [1, length], data: ids.map(() => 1n) },
    };
  });
  const asked = [
    ...photos.map((feeds) => ["vision", feeds, ["image_embeds"]] as const),
    ...words.map((feeds) => ["text", feeds, ["text_embeds"]] as const),
  ];
  const together = await Promise.all(asked.map(([graph, feeds, fetches]) => batched.run(graph, feeds, fetches)));
  t.same(
    runs.map(({ graph, dims }) => `${graph} ${dims?.[0]}`),
    ["vision 5", "text 2", "text 1"],
  );
  for (const [i, [graph, feeds, fetches]] of asked.entries()) {
    const one = (await alone.run(graph, feeds, fetches))[fetches[0]];
    const many = together[i]?.[fetches[0]];
    t.same(many?.dims, one?.dims);
    const worst = [...(one?.data ?? [])].map((value, j) => Math.abs(Number(value) - Number(many?.data[j])));
    t.ok(Math.max(...worst) < 1e-5, `${graph} differs by ${Math.max(...worst)}`);
  }
  await batched.close();
});

t.test("a call with several rows counts as that many and is cut when it is larger than a batch", async (t) => {
  const { inference, runs } = doubling();
  const batched = batchedInference(inference, { maxBatch: 4 });
  const [three, one, nine] = await Promise.all([
    batched.run("g", feed(1, 2, 3), ["y"]),
    batched.run("g", feed(4), ["y"]),
    batched.run("g", feed(1, 2, 3, 4, 5, 6, 7, 8, 9), ["y"]),
  ]);
  t.same([three, one, nine].map(numbersOf), [[2, 4, 6], [8], [2, 4, 6, 8, 10, 12, 14, 16, 18]]);
  t.same(nine.y?.dims, [9, 1]);
  t.ok(runs.every(({ dims }) => (dims?.[0] ?? 9) <= 4));
  t.equal(
    runs.reduce((sum, { dims }) => sum + (dims?.[0] ?? 0), 0),
    13,
  );
});

t.test("a graph that says that its first dimension is fixed is never stacked or cut", async (t) => {
  const signatures: Record<string, (number | string)[]>[] = [{ x: [1, 1] }, { x: ["batch", 1], y: [1, 1] }, { x: [] }];
  for (const shapes of signatures) {
    const { inference, runs } = doubling(() => false, shapes);
    const batched = batchedInference(inference, { maxBatch: 2 });
    const answers = await Promise.all([feed(1), feed(2), feed(3, 4, 5)].map((feeds) => batched.run("g", feeds, ["y"])));
    t.same(answers.map(numbersOf), [[2], [4], [6, 8, 10]]);
    t.same(
      runs.map(({ dims }) => dims?.[0]),
      [1, 1, 3],
    );
  }
});

t.test(
  "a graph that fails together and succeeds alone is learned to be unbatchable; no call fails for it",
  async (t) => {
    const { inference, runs } = doubling((rows) => rows !== 1);
    const batched = batchedInference(inference);
    for (let i = 0; i < 6; i++) {
      const answers = await Promise.all([feed(1), feed(2), feed(3)].map((feeds) => batched.run("g", feeds, ["y"])));
      t.same(answers.map(numbersOf), [[2], [4], [6]]);
    }
    t.equal(runs.filter(({ dims }) => dims?.[0] === 3).length, 3, "three times, then not again");
  },
);

t.test("a bad input fails alone and does not speak against batches", async (t) => {
  const { inference, runs } = doubling((_rows, x) => x.data.some((value) => value < 0));
  const batched = batchedInference(inference);
  for (let i = 0; i < 6; i++) {
    const asked = [feed(1), feed(-1), feed(3)].map((feeds) => batched.run("g", feeds, ["y"]));
    const results = await Promise.allSettled(asked);
    t.same(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
  }
  t.equal(runs.filter(({ dims }) => dims?.[0] === 3).length, 6);
});

t.test("an output without a row for each input is not handed out: the calls are run alone", async (t) => {
  const { inference } = doubling();
  const pooled: Inference = {
    ...inference,
    async run(graph, feeds, fetches, call) {
      const { y } = await inference.run(graph, feeds, fetches, call);
      if (y?.type !== "float32") throw new TypeError("expected float32");
      return { y: { type: y.type, dims: [1, 1], data: y.data.slice(0, 1) } };
    },
  };
  const batched = batchedInference(pooled);
  const answers = await Promise.all([feed(1), feed(2)].map((feeds) => batched.run("g", feeds, ["y"])));
  t.same(answers.map(numbersOf), [[2], [4]]);
});

t.test(
  "deadline, signal, priority and caller of a call reach the queue, and the inner run is told for whom it is",
  async (t) => {
    const clock = new VirtualClock();
    const { inference, runs } = doubling();
    const slow: Inference = {
      ...inference,
      async run(graph, feeds, fetches, call) {
        await clock.sleep(100);
        return inference.run(graph, feeds, fetches, call);
      },
    };
    const epochNow = () => 1_700_000_000_000 + clock.now();
    const batched = batchedInference(slow, { clock, epochNow });
    const hangUp = new AbortController();
    const settle = (promise: Promise<Record<string, ArrayTensor>>) =>
      promise.then(numbersOf, (error: unknown) => [error, clock.now()]);
    const first = settle(batched.run("g", feed(1), ["y"], { deadlineMs: epochNow() + 150 }));
    await clock.runUntil(1);
    const bulk = settle(batched.run("g", feed(2), ["y"], { priority: "bulk" }));
    const text = settle(batched.run("g", feed(3), ["y"]));
    const tight = settle(batched.run("g", feed(4), ["y"], { deadlineMs: epochNow() + 20 }));
    const gone = settle(batched.run("g", feed(5, 6), ["y"], { signal: hangUp.signal }));
    await clock.runUntil(2);
    hangUp.abort(new Error("hung up"));
    await clock.runOut();
    t.same(await Promise.all([first, bulk, text]), [[2], [4], [6]]);
    t.match(await tight, [DeadlinePassedError, 21]);
    t.match(await gone, [{ message: "hung up" }, 2]);
    t.same(
      runs.map(({ dims, call }) => [dims?.[0], call]),
      [
        [1, { priority: "interactive", deadlineMs: 1_700_000_000_150 }],
        [1, { priority: "interactive" }],
        [1, { priority: "bulk" }],
      ],
    );
  },
);

t.test("close finishes what is queued, then closes the inner one", async (t) => {
  const { inference, isClosed } = doubling();
  const batched = batchedInference(inference);
  const last = batched.run("g", feed(1), ["y"]);
  const closing = batched.close();
  t.notOk(isClosed());
  t.same(numbersOf(await last), [2]);
  await closing;
  t.ok(isClosed());
  await t.rejects(batched.run("g", feed(1), ["y"]), { name: "BatcherClosedError" });
});

t.test("a large call of which a piece fails, fails as a whole and computes no more of it", async (t) => {
  const { inference, runs } = doubling((_rows, x) => x.data.some((value) => value < 0));
  const batched = batchedInference(inference, { maxBatch: 2 });
  await t.rejects(batched.run("g", feed(-1, 2, 3, 4, 5, 6, 7, 8), ["y"]), { message: "bad input" });
  await batched.close();
  t.ok(runs.length < 4, `${runs.length} of 4 pieces were run`);
});
