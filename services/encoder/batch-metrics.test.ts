import { Registry } from "prom-client";
import t from "tap";
import { batchMetrics } from "./batch-metrics.ts";
import { batchedInference } from "./batching/batched-inference.ts";
import { QueueFullError } from "./batching/refusals.ts";
import { openInProcess } from "./inference/in-process.ts";
import type { OpenInference } from "./inference/inference.ts";
import { createEncoderMetrics } from "./metrics.ts";
import { modelLoadedMetric } from "./model-loaded.ts";
import { loadModels, ModelSet } from "./model-set.ts";
import { readModels } from "./repository/model-repository.ts";
import { MODELS } from "./testing.ts";

t.test("the queue of a model is seen: time by stage, batch sizes, depth, refusals", async (t) => {
  const registry = new Registry();
  const metrics = createEncoderMetrics(registry);
  const open: OpenInference = async (files, options) => {
    const watch = batchMetrics(metrics, options.model ?? { name: "", revision: "" });
    return batchedInference(await openInProcess(files, options), { maxQueued: 8, watch });
  };
  const clip = (await readModels(MODELS)).filter((entry) => entry.kind === "ready" && entry.pack.name === "clip");
  const models = await loadModels(clip, open, 1);
  t.teardown(() => models.close());
  const [model] = models.loaded;
  if (!model) return t.fail("expected clip");
  const texts = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => model.embedText(`hat ${i}`)));
  const refused = texts.flatMap((text) => (text.status === "rejected" ? [text.reason] : []));
  t.ok(refused.length > 0 && refused.every((reason) => reason instanceof QueueFullError), `${refused.length} refused`);
  await t.rejects(model.embedText("late", { deadlineMs: Date.now() - 1 }));
  const text = await registry.metrics();
  for (const stage of ["queue", "compute"]) {
    t.match(text, new RegExp(`seconds_count\\{model_name="clip",model_version="1",stage="${stage}"\\} [1-9]`), stage);
  }
  t.match(text, /encoder_batch_size_bucket\{le="\+Inf",model_name="clip"\} [1-9]/);
  t.match(text, /encoder_queue_depth\{model_name="clip",priority="interactive"\} 0/);
  t.match(text, new RegExp(`encoder_refusals_total\\{reason="queue_full"\\} ${refused.length}`));
  t.match(text, /encoder_refusals_total\{reason="deadline_(passed|too_close)"\} 1/);
});

t.test("model_loaded follows the versions that are to answer", async (t) => {
  const registry = new Registry();
  const broken = (revision: string) => ({ kind: "broken", name: "clip", revision, reason: "" }) as const;
  const models = { all: new ModelSet([broken("1")]).all, behind: [broken("3")] };
  modelLoadedMetric(registry, models);
  t.match(await registry.metrics(), /model_loaded\{model_name="clip",model_version="1"\} 0/);
  models.all = [broken("2")];
  const text = await registry.metrics();
  t.match(text, /model_version="2"/);
  t.notMatch(text, /model_version="1"/);
  t.match(text, /model_version="3"\} 0/, "one that another Encoder activated and that does not come up here");
});
