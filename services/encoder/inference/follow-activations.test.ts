import { cp, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import { modelLoadedMetric } from "../model-loaded.ts";
import type { ModelSet } from "../model-set.ts";
import { followActivations } from "./follow-activations.ts";
import { openModels } from "./open-models.ts";
import { workersWith } from "./open-worker.ts";
import { MODELS } from "./testing.ts";

const PACK = join(MODELS, "clip/1");
const open = workersWith({ startMs: 30_000 });

/** A leader and a follower on one directory of models, each with inference processes of its own. */
async function twoEncoders(t: Test, revisions = ["1", "2"]) {
  const directory = await mkdtemp(join(tmpdir(), "flashfit-follow-"));
  t.teardown(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, "clip"));
  for (const revision of revisions) await symlink(PACK, join(directory, "clip", revision));
  const activeFile = join(directory, "active.json");
  const start = async () => {
    const models = await openModels({ directory, open, threads: 1, activeFile });
    t.teardown(() => models.close());
    return models;
  };
  return { directory, activeFile, leader: await start(), follower: await start(), start };
}

const active = (models: ModelSet) => models.get("clip")?.revision;
const answers = (models: ModelSet) =>
  models.hold(async () => {
    const known = models.get("clip");
    if (known?.kind !== "loaded") throw new Error("clip is not loaded");
    return (await known.model.embedText("a hat")).length;
  });
const statuses = async (models: ModelSet) =>
  Object.fromEntries((await models.versions()).map(({ revision, state, reason }) => [revision, { state, reason }]));

t.test("what one activates the other follows, back as well, and both can roll back", async (t) => {
  const { leader, follower, activeFile } = await twoEncoders(t);
  t.same(await follower.follow(), { followed: [], failed: [] }, "no file says nothing");
  await leader.activate("clip", "1");
  t.equal(active(follower), "2");
  t.same(await follower.follow(), { followed: [{ name: "clip", revision: "1" }], failed: [] });
  t.same([active(follower), await answers(follower)], ["1", 256]);
  t.same(await follower.follow(), { followed: [], failed: [] }, "once");
  t.same(await leader.follow(), { followed: [], failed: [] }, "nor does who activated follow itself");
  t.equal((await follower.rollback("clip")).previous, "1");
  await leader.follow();
  t.same([active(leader), active(follower)], ["2", "2"]);
  await rm(activeFile);
  t.same(await follower.follow(), { followed: [], failed: [] });
  t.equal(active(follower), "2", "a file that is gone changes nothing");
});

t.test("an activation here keeps what was activated there", async (t) => {
  const { directory, leader, follower, start } = await twoEncoders(t);
  await mkdir(join(directory, "other"));
  for (const revision of ["1", "2"]) await symlink(PACK, join(directory, "other", revision));
  await leader.activate("clip", "1");
  await follower.activate("other", "1");
  await Promise.all([leader.follow(), follower.follow()]);
  for (const models of [leader, follower, await start()]) {
    t.same([active(models), models.get("other")?.revision], ["1", "1"]);
  }
});

t.test("a version that does not come up in the follower: the old one goes on, and it is told why", async (t) => {
  const { directory, activeFile, follower } = await twoEncoders(t, ["1"]);
  const registry = new Registry();
  modelLoadedMetric(registry, follower);
  await cp(PACK, join(directory, "clip/2"), { recursive: true });
  const graph = join(directory, "clip/2/onnx/text_model.onnx");
  await truncate(graph, 100_000);
  for (const [revision, why] of [
    ["2", /cannot serve here: clip\/2: \S+text_model.onnx is no ONNX file, or a damaged one/],
    ["9", /cannot serve here: version "9" of clip; known are 1, 2/],
  ] as const) {
    await writeFile(activeFile, JSON.stringify({ clip: { active: revision, previous: "1" } }));
    t.match(await follower.follow(), { followed: [], failed: [{ name: "clip", revision, reason: why }] });
    t.same([active(follower), await answers(follower)], ["1", 256]);
    t.match(await statuses(follower), { 1: { state: "serving" }, [revision]: { state: "broken", reason: why } });
    const metrics = await registry.metrics();
    t.match(metrics, 'model_loaded{model_name="clip",model_version="1"} 1');
    t.match(metrics, `model_loaded{model_name="clip",model_version="${revision}"} 0`);
  }
  await rm(join(directory, "clip/2"), { recursive: true });
  await symlink(PACK, join(directory, "clip/2"));
  await writeFile(activeFile, JSON.stringify({ clip: { active: "2", previous: "1" } }));
  t.same(await follower.follow(), { followed: [{ name: "clip", revision: "2" }], failed: [] }, "mended");
  t.same([follower.behind, active(follower)], [[], "2"]);
});

t.test("it looks by and by, goes on when the file cannot be understood, and says so once", async (t) => {
  const { activeFile, leader, follower } = await twoEncoders(t);
  const said: string[] = [];
  const note = ({ event }: { event: string }) => said.push(event);
  const log = { info: note, warn: note, error: note } as unknown as Parameters<typeof followActivations>[1]["log"];
  // One look each time the clock is moved on; resolves when that look is done.
  let waiting = Promise.withResolvers<() => void>();
  const sleep = (ms: number, signal: AbortSignal) => {
    t.equal(ms, 5_000);
    return new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      waiting.resolve(resolve);
    });
  };
  const look = async () => {
    const go = await waiting.promise;
    waiting = Promise.withResolvers();
    go();
    await waiting.promise;
  };
  const stop = followActivations(follower, { intervalMs: 5_000, log, sleep });
  await look();
  await leader.activate("clip", "1");
  await look();
  t.same([active(follower), said], ["1", ["model_followed"]]);
  await rename(activeFile, `${activeFile}.away`);
  await writeFile(activeFile, "{");
  await look();
  await look();
  t.same(said, ["model_followed", "activations_unreadable"]);
  t.same([active(follower), await answers(follower)], ["1", 256]);
  await rename(`${activeFile}.away`, activeFile);
  await look();
  await writeFile(activeFile, '{"clip":{"active":"9"}}');
  await look();
  t.same(said.slice(2), ["activations_readable", "model_not_followed"]);
  await stop();
});
