import { InferenceSession, Tensor } from "onnxruntime-node";
import { sessionOptions } from "../../services/encoder/inference/session-options.ts";
import { argumentOf } from "../support/script.ts";

// onnxruntime alone, in a process of its own: photographs a second through vision graphs one after the other, on ready pixels,
// for several batch sizes and numbers of threads. One line of JSON.

/** What it is told, as JSON in its only argument. */
export interface RawJob {
  /** `onnx` files; a photograph goes through each. */
  models: { file: string; side: number; outputs: string[] }[];
  batches: number[];
  threads: number[];
  /** For each combination. */
  seconds: number;
}

export interface RawMeasure {
  batch: number;
  threads: number;
  imagesPerSecond: number;
}

const { models, batches, threads, seconds } = argumentOf<RawJob>();
const measures: RawMeasure[] = [];
for (const count of threads) {
  const options = sessionOptions({ threads: count, spin: count > 1 });
  const sessions = await Promise.all(models.map(({ file }) => InferenceSession.create(file, options)));
  for (const batch of batches) {
    const feeds = models.map(({ side }) => {
      const pixels = new Float32Array(batch * 3 * side * side).map((_, i) => Math.sin(i));
      return { pixel_values: new Tensor("float32", pixels, [batch, 3, side, side]) };
    });
    const once = async () => {
      for (const [i, session] of sessions.entries()) await session.run(feeds[i] ?? {}, models[i]?.outputs ?? []);
    };
    await once();
    const started = performance.now();
    let images = 0;
    do {
      await once();
      images += batch;
    } while (performance.now() - started < seconds * 1000);
    measures.push({ batch, threads: count, imagesPerSecond: (images / (performance.now() - started)) * 1000 });
  }
  await Promise.all(sessions.map((session) => session.release()));
}
console.log(JSON.stringify(measures));
