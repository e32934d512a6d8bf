import type { ArrayTensor, OpenInference } from "../../services/encoder/inference/inference.ts";
import type { View } from "../../services/encoder/preprocessing/view.ts";
import type { Variant } from "../../services/encoder/repository/graph-files.ts";
import type { ListedModel } from "../../services/encoder/repository/listing.ts";
import { readVersionFolder } from "../../services/encoder/repository/model-repository.ts";
import { table } from "../client/table.ts";
import { CommandError } from "../command.ts";

/** One batch size of one variant. */
export interface Measured {
  variant: Variant;
  batch: number;
  /** Median time of one run. */
  msPerBatch: number;
  imagesPerSecond: number;
}

export interface BenchOptions {
  open: OpenInference;
  threads: number;
  /** Time for one batch size, ms. */
  budgetMs: number;
  now?: () => number;
  batches?: readonly number[];
}

const BATCHES = [1, 4, 8, 16, 32];
const FEWEST_RUNS = 3;

/**
 * How fast the photo graph of each variant runs by itself, without decoding and without a network.
 * @throws CommandError when the version is broken or takes no photos.
 */
export async function benchModel(model: ListedModel, options: BenchOptions): Promise<Measured[]> {
  if (model.broken !== undefined) throw new CommandError(model.broken);
  const measured: Measured[] = [];
  for (const variant of model.variants) {
    const { pack, graphs } = await readVersionFolder(model.folder, model.name, model.version, { variant });
    const { vision } = graphs;
    if (!pack.view || !pack.embeddings.vision || vision === undefined) {
      throw new CommandError(`${model.name} ${model.version} takes no photos`);
    }
    const inference = await options.open({ vision }, { threads: options.threads });
    try {
      const fetches = [pack.embeddings.vision.output];
      for (const batch of options.batches ?? BATCHES) {
        const feeds = { pixel_values: grey(batch, pack.view) };
        const run = () => inference.run("vision", feeds, fetches);
        measured.push(await measure(variant, batch, run, options));
      }
    } finally {
      await inference.close();
    }
  }
  return measured;
}

/** Variants side by side, a line a batch size. */
export function benchTable(measured: Measured[]): string {
  const variants = [...new Set(measured.map(({ variant }) => variant))];
  const batches = [...new Set(measured.map(({ batch }) => batch))];
  const head = ["batch", ...variants.flatMap((variant) => [`${variant} images/s`, `${variant} ms`])];
  const rows = batches.map((batch) => {
    const cells = variants.map((variant) => measured.find((m) => m.variant === variant && m.batch === batch));
    return [
      String(batch),
      ...cells.flatMap((m) => [m?.imagesPerSecond.toFixed(1) ?? "–", m?.msPerBatch.toFixed(1) ?? "–"]),
    ];
  });
  return table(head, rows);
}

async function measure(
  variant: Variant,
  batch: number,
  run: () => Promise<unknown>,
  { budgetMs, now = () => performance.now() }: BenchOptions,
): Promise<Measured> {
  await run(); // the first one plans its memory
  const times: number[] = [];
  for (const until = now() + budgetMs; times.length < FEWEST_RUNS || now() < until; ) {
    const startedAt = now();
    await run();
    times.push(now() - startedAt);
  }
  const msPerBatch = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
  return { variant, batch, msPerBatch, imagesPerSecond: (batch * 1000) / msPerBatch };
}

function grey(batch: number, { crop, resize }: View): ArrayTensor {
  const { width, height } = crop ?? (resize.kind === "exact" ? resize : { width: 224, height: 224 });
  return { type: "float32", dims: [batch, 3, height, width], data: new Float32Array(batch * 3 * height * width) };
}
