import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Registry } from "prom-client";
import { type ByteCache, EncodeCache } from "./encode-cache.ts";
import { Encoder } from "./encoder.ts";
import { openInProcess } from "./inference/in-process.ts";
import type { OpenInference, RunCall } from "./inference/inference.ts";
import { createEncoderMetrics } from "./metrics.ts";
import { loadModels, type ModelSet } from "./model-set.ts";
import { PhotoDecoder } from "./preprocessing/photo-decoder.ts";
import { readModels } from "./repository/model-repository.ts";

/** The project's own model pack. */
export const MODELS = fileURLToPath(new URL("../../models", import.meta.url));

/** Real photographs, `<split>/<category>/*.jpg`; tests that need them skip, saying so, where there are none. */
const PHOTOS = process.env.FLASHFIT_PHOTOS ?? fileURLToPath(new URL("../../../shared/data/clothing", import.meta.url));

export interface LabelledPhoto {
  category: string;
  file: string;
}

/** Up to `each` validation photos of every category, in name order; undefined when the data set is not here. */
export async function validationPhotos(each: number): Promise<LabelledPhoto[] | undefined> {
  const root = join(PHOTOS, "validation");
  const categories = await readdir(root).catch(() => undefined);
  if (!categories) return undefined;
  const lists = categories.sort().map(async (category) => {
    const files = (await readdir(join(root, category))).sort().slice(0, each);
    return files.map((name) => ({ category, file: join(root, category, name) }));
  });
  return (await Promise.all(lists)).flat();
}

/** Keeps bytes in memory, so that what is cached can be seen. */
export class MemoryCache implements ByteCache {
  readonly kept = new Map<string, Uint8Array>();

  async get(keys: string[]) {
    return keys.map((key) => this.kept.get(key));
  }

  async set(key: string, value: Uint8Array) {
    this.kept.set(key, value);
  }
}

/** The default pack, loaded for real. */
export async function loadDefaultModels(): Promise<ModelSet> {
  return loadModels(await readModels(MODELS), openInProcess, 1);
}

/** One run of a graph, as a model asked for it. */
export interface WatchedRun {
  graph: string;
  call: RunCall | undefined;
}

/** The default pack with its runs written down; they can be held back, and refused. */
export async function watchedModels() {
  const runs: WatchedRun[] = [];
  const refusals: (() => Error)[] = [];
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  const open: OpenInference = async (files, options) => {
    const inner = await openInProcess(files, options);
    return {
      ...inner,
      async run(graph, feeds, fetches, call) {
        runs.push({ graph, call });
        const refusal = refusals.shift();
        if (refusal) throw refusal();
        await gate.promise;
        return inner.run(graph, feeds, fetches, call);
      },
    };
  };
  const models = await loadModels(await readModels(MODELS), open, 1);
  return {
    models,
    runs,
    /** From now on runs wait until released. */
    hold() {
      gate = Promise.withResolvers<void>();
    },
    release: () => gate.resolve(),
    /** The next `count` runs fail with these. */
    refuse(count: number, error: () => Error) {
      for (let i = 0; i < count; i++) refusals.push(error);
    },
  };
}

/** An encoder without a network. */
export function createTestEncoder(bytes: ByteCache = new MemoryCache(), canaries?: ModelSet) {
  const registry = new Registry();
  const metrics = createEncoderMetrics(registry);
  const failures: { model: string; error: unknown }[] = [];
  const encoder = new Encoder({
    decoder: new PhotoDecoder({ decodes: 2, waiting: 64 }),
    bulkDecodes: 2,
    cache: new EncodeCache({ bytes, ttlSeconds: 60, metrics }),
    metrics,
    ...(canaries ? { canaries } : {}),
    onModelFailure: (model, error) => failures.push({ model: model.name, error }),
  });
  return { encoder, registry, failures };
}
