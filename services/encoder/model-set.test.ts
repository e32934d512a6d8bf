import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import t, { type Test } from "tap";
import { collectGarbage } from "../../test/support/collect-garbage.ts";
import { cosineOf, recordGolden, seededPixels } from "./inference/golden.ts";
import { openModels } from "./inference/open-models.ts";
import { workersWith } from "./inference/open-worker.ts";
import { constantModel } from "./inference/testing.ts";
import type { WorkerPool } from "./inference/worker-pool.ts";
import type { Model } from "./model.ts";
import type { ModelSet } from "./model-set.ts";
import { tinyText } from "./repository/testing.ts";
import { MODELS } from "./testing.ts";

/** Swaps and calls of the test under load; the long form is 20 swaps and 5,000 calls. */
const LONG = process.env.FLASHFIT_SWAPS === "long";
const [SWAPS, CALLS] = LONG ? [20, 5_000] : [3, 300];
if (LONG) t.setTimeout(600_000);

const open = workersWith({ startMs: 30_000 });
const pixels = seededPixels(1, 112, 112);

/** A model directory with `clip` in the versions named: links to the default pack. */
async function repository(t: Test, revisions: string[]) {
  const directory = await mkdtemp(join(tmpdir(), "flashfit-models-"));
  t.teardown(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, "clip"));
  for (const revision of revisions) await symlink(join(MODELS, "clip/1"), join(directory, "clip", revision));
  const version = async (revision: string) => {
    const folder = join(directory, "clip", revision);
    await cp(join(MODELS, "clip/1"), folder, { recursive: true });
    return folder;
  };
  return { directory, version };
}

async function opened(t: Test, directory: string, options: { activeFile?: string; drainMs?: number } = {}) {
  const models = await openModels({ directory, open, threads: 1, ...options });
  t.teardown(() => models.close());
  return models;
}

const active = (models: ModelSet) => models.get("clip")?.revision;
const states = async (models: ModelSet) =>
  Object.fromEntries((await models.versions()).map(({ revision, state }) => [revision, state]));
const refusal = (call: Promise<unknown>) => call.then(() => t.fail("expected a refusal"), ConnectError.from);
const embed = (models: ModelSet) =>
  models.hold(async () => {
    const known = models.get("clip");
    if (known?.kind !== "loaded") throw new Error("clip is not loaded");
    await new Promise(setImmediate); // as a photo that is decoded in between
    return known.model.embedPhoto(pixels);
  });

t.test("versions are swapped under load without one failed call, and their memory comes back", async (t) => {
  const { directory } = await repository(t, ["1", "2"]);
  const models = await opened(t, directory);
  t.match((await models.versions())[1], {
    revision: "2",
    state: "serving",
    variant: "fp32",
    model: { inference: { provider: "cpu" } },
  });
  if (LONG) t.setTimeout(300_000);
  let answered = 0;
  let due = { calls: Number.POSITIVE_INFINITY, reached: () => {} };
  let swapping = true;
  const failures: unknown[] = [];
  const caller = async () => {
    while (swapping || answered < CALLS) {
      await embed(models).then(
        () => answered++,
        (error) => failures.push(error),
      );
      if (answered >= due.calls || failures.length > 0) due.reached();
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  const table: { swap: number; calls: number; workerMb: number; ownMb: number }[] = [];
  for (let swap = 1; swap <= SWAPS; swap++) {
    const { model, previous } = await models.activate("clip", swap % 2 === 1 ? "1" : "2");
    t.equal(previous, swap % 2 === 1 ? "2" : "1");
    await models.drained();
    await new Promise<void>((reached) => {
      due = { calls: answered + Math.ceil(CALLS / SWAPS), reached };
    });
    collectGarbage(); // what the collector has not come round to is no leak
    table.push({ swap, calls: answered, workerMb: residentMb(pidsOf(model)), ownMb: residentMb([process.pid]) });
  }
  swapping = false;
  await Promise.all(callers);
  t.strictSame(failures, []);
  t.ok(answered >= CALLS, `${answered} calls`);
  for (const { swap, calls, workerMb, ownMb } of table) {
    t.comment(`swap ${swap}: ${calls} calls, inference process ${workerMb} MB, this process ${ownMb} MB`);
  }
  const [first, last] = [table[0], table.at(-1)].map((row) => (row?.workerMb ?? 0) + (row?.ownMb ?? 0));
  t.ok(
    (last ?? 1) <= (first ?? 0) * 1.1,
    `${last} MB in both processes after the last swap, ${first} MB after the first`,
  );
});

t.test("a version that cannot serve is refused with the reason, and the one before goes on", async (t) => {
  const { directory, version } = await repository(t, ["1"]);
  const models = await opened(t, directory);
  const before = await embed(models);

  const corrupt = await version("corrupt");
  await writeFile(
    join(corrupt, "onnx/vision_model.onnx"),
    readFileSync(join(corrupt, "onnx/vision_model.onnx")).subarray(0, 2e6),
  );
  const missing = await version("missing");
  await rm(join(missing, "tokenizer.json"));
  const opset = await version("opset");
  await replaceVision(opset, { opset: 999 });
  const huge = await version("huge");
  await replaceVision(huge, { elements: 2n ** 46n });
  const golden = await version("golden");
  await writeFile(join(golden, "golden.json"), await recordGolden(turned, [], ["a hat"]));
  const short = join(directory, "clip/short");
  await mkdir(join(short, "onnx"), { recursive: true });
  for (const file of ["config.json", "tokenizer.json", "tokenizer_config.json"]) {
    await cp(join(MODELS, "clip/1", file), join(short, file));
  }
  await writeFile(join(short, "onnx/text_model.onnx"), tinyText());

  for (const [revision, why] of [
    ["corrupt", /clip\/corrupt: .*onnx/],
    ["missing", /tokenizer\.json/],
    ["opset", /clip\/opset: /],
    ["huge", /clip\/huge: /],
    ["golden", /clip\/golden: golden text "a hat": expected a cosine of at least 0\.999, got -?0\./],
    ["short", /clip\/short has 1 dimensions, clip\/1, which serves, has 256/],
  ] as const) {
    const { code, rawMessage } = (await refusal(models.activate("clip", revision))) as ConnectError;
    t.equal(code, Code.FailedPrecondition, rawMessage);
    t.match(rawMessage, why);
    t.equal(active(models), "1");
    t.strictSame(await embed(models), before);
  }
  const unknown = (await refusal(models.activate("clip", "9"))) as ConnectError;
  t.equal(unknown.code, Code.NotFound);
  t.match(unknown.rawMessage, /^version "9" of clip; known are 1, corrupt, golden, huge, missing, opset, short$/);
  t.match(await refusal(models.activate("clap", "1")), {
    code: Code.NotFound,
    rawMessage: 'model "clap"; known are clip',
  });
  t.strictSame(await states(models), {
    "1": "serving",
    corrupt: "broken",
    golden: "broken",
    huge: "broken",
    missing: "broken",
    opset: "broken",
    short: "standby",
  });
  const reasons = (await models.versions()).filter(({ state }) => state === "broken").map(({ reason }) => reason);
  t.ok(reasons.every((reason) => reason !== ""));
});

t.test("an activation outlives a restart; rollback brings back what was before", async (t) => {
  const { directory } = await repository(t, ["1", "2", "10"]);
  const first = await opened(t, directory);
  t.equal(active(first), "10");
  t.match(await refusal(first.rollback("clip")), { code: Code.FailedPrecondition, rawMessage: /no version .* before/ });
  await first.activate("clip", "1");
  t.strictSame(await states(first), { "1": "serving", "2": "standby", "10": "draining" });
  await first.drained();
  t.strictSame(await states(first), { "1": "serving", "2": "standby", "10": "standby" });
  t.equal((await first.activate("clip", "1")).previous, "1", "to activate what is active changes nothing");

  const second = await opened(t, directory);
  t.equal(active(second), "1");
  t.equal((await second.rollback("clip")).previous, "1");
  t.equal(active(second), "10");
  await second.rollback("clip");
  t.equal(active(second), "1", "a rollback can be rolled back");

  await rm(join(directory, "clip/1"));
  const third = await opened(t, directory);
  t.match(third.get("clip"), {
    kind: "broken",
    reason: "clip/1: was activated and is not there any more; there are 2, 10: activate one of them",
  });
  await third.activate("clip", "2");
  t.equal(active(third), "2");
});

t.test("an activation that a restart would forget is none", async (t) => {
  const { directory } = await repository(t, ["1", "2"]);
  const models = await opened(t, directory, { activeFile: join(directory, "none/active.json") });
  const { code, rawMessage } = (await refusal(models.activate("clip", "1"))) as ConnectError;
  t.equal(code, Code.FailedPrecondition);
  t.match(rawMessage, /a restart would forget it: .*none.active\.json cannot be written/);
  t.equal(active(models), "2");
});

t.test("a call that holds its version keeps it, up to a limit", async (t) => {
  const { directory } = await repository(t, ["1", "2"]);
  for (const drainMs of [60_000, 1]) {
    const models = await opened(t, directory, { drainMs });
    const old = models.get("clip");
    if (old?.kind !== "loaded") return t.fail("expected clip to be loaded");
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const held = models.hold(async () => {
      await released;
      return old.model.embedPhoto(pixels);
    });
    await models.activate("clip", old.revision === "1" ? "2" : "1");
    if (drainMs === 1) {
      await models.drained();
      release();
      await t.rejects(held, { name: "InferenceLostError" });
    } else {
      t.equal((await states(models))[old.revision], "draining");
      release();
      t.equal((await held).vector.length, 256);
      await models.drained();
    }
  }
});

t.test("activations of one model at once take turns", async (t) => {
  const { directory } = await repository(t, ["1", "2", "3"]);
  const models = await opened(t, directory);
  const done = await Promise.all(["1", "2", "1"].map((revision) => models.activate("clip", revision)));
  t.strictSame(
    done.map(({ model, previous }) => [model.revision, previous]),
    [
      ["1", "3"],
      ["2", "1"],
      ["1", "2"],
    ],
  );
  await models.drained();
  t.strictSame(await states(models), { "1": "serving", "2": "standby", "3": "standby" });
});

t.test("a canary sees a share of the inputs, answers nobody, and may become active", async (t) => {
  const { directory } = await repository(t, ["1", "2"]);
  const models = await opened(t, directory);
  const digest = (n: number) => createHash("sha256").update(String(n)).digest("hex");
  const digests = Array.from({ length: 200 }, (_, n) => digest(n));
  const share = () => digests.filter((each) => models.canaryFor("clip", each)).length;
  t.equal(share(), 0);
  await models.startCanary("clip", "1", 30);
  t.strictSame(await states(models), { "1": "canary", "2": "serving" });
  t.ok(share() > 40 && share() < 80, `${share()} of 200`);
  t.equal(active(models), "2");
  const seen = models.canaryFor("clip", digests.find((each) => models.canaryFor("clip", each)) ?? "");
  const cosine = cosineOf(
    (await embed(models)).vector,
    (await seen?.model.embedPhoto(pixels))?.vector ?? new Float32Array(),
  );
  seen?.tally.add({ kind: "answered", cosine, activeMs: 1, canaryMs: 1 });
  const { meanCosine = 0, ...report } = models.canaryReport("clip") ?? {};
  t.strictSame(report, { compared: 1, failed: 0, relativeTime: 1 });
  t.ok(meanCosine > 0.9999);
  await models.startCanary("clip", "1", 100);
  t.equal(share(), 200, "the share may change, what was seen stays");
  t.equal(models.canaryReport("clip")?.compared, 1);
  const canary = models.find("clip", "1");
  t.equal((await models.activate("clip", "1")).model, canary, "it is running already");
  t.equal(share(), 0);
  t.match(await refusal(models.startCanary("clip", "1", 5)), { rawMessage: "clip/1 is active already" });
  await t.rejects(models.startCanary("clip", "2", 0), RangeError);
  await models.startCanary("clip", "2", 5);
  t.strictSame((await models.stopCanary("clip"))?.compared, 0);
  await models.drained();
  t.strictSame(await states(models), { "1": "serving", "2": "standby" });
});

/** Another model than the default pack's. */
const turned = {
  embedPhoto: async () => ({ vector: new Float32Array(256) }),
  embedText: async () => new Float32Array(256).fill(1),
};

function replaceVision(folder: string, model: Parameters<typeof constantModel>[0]): Promise<void> {
  return writeFile(join(folder, "onnx/vision_model.onnx"), constantModel({ ...model, like: "vision" }));
}

function pidsOf(model: Model): number[] {
  return (model.inference as WorkerPool).pids;
}

/** Resident memory of processes; 0 where there is no /proc. */
function residentMb(pids: number[]): number {
  if (process.platform !== "linux") return 0;
  const kib = pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]));
  return Math.round(kib.reduce((sum, each) => sum + each, 0) / 1024);
}
