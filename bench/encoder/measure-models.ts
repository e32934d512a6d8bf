import os from "node:os";
import type { RawJob, RawMeasure } from "./raw.ts";
import { runScript, type Served, ServedModels } from "./served.ts";

/** One folder of models and how it is measured. */
export interface Subject {
  name: string;
  modelDir: string;
  /** Models that are asked; none: all. */
  models: string[];
  /** What a photograph goes through. */
  graphs: RawJob["models"];
}

export interface MeasureOptions {
  quick: boolean;
  seed: number;
}

export interface SubjectFigures {
  raw: RawMeasure & { all: RawMeasure[] };
  single: Served;
  peak: Served;
  half: Served;
  overload: Served;
  /** Photographs computed of which the caller had nothing, under overload; the warm-up call of the client among them. */
  computedInVain: number;
}

const CONCURRENCY = 32;

/** onnxruntime alone first, then the same models behind Envoy: alone, at their best, at half of it, at three times of it. */
export async function measureSubject({
  modelDir,
  models,
  graphs,
  seed,
  quick,
}: Subject & MeasureOptions): Promise<SubjectFigures> {
  const raw = await measureRaw(graphs, quick);
  const served = await ServedModels.start(modelDir, models, seed);
  try {
    const seconds = quick ? 4 : 12;
    const patient = { seconds, timeoutMs: 60_000 };
    await served.load({ concurrency: CONCURRENCY }, { ...patient, seconds: 2 });
    const single = await served.load({ concurrency: 1 }, patient);
    const peak = await served.load({ concurrency: CONCURRENCY }, patient);
    const half = await served.load({ perSecond: peak.goodput / 2 }, patient);
    const timeoutMs = Math.ceil(Math.max(500, 8 * single.p50Ms));
    const overload = await served.load({ perSecond: peak.goodput * 3 }, { seconds, timeoutMs });
    const computedInVain = overload.did.computed / graphs.length - overload.ok;
    return { raw, single, peak, half, overload, computedInVain };
  } finally {
    await served.stop();
  }
}

async function measureRaw(models: RawJob["models"], quick: boolean): Promise<SubjectFigures["raw"]> {
  const cores = os.availableParallelism();
  const job: RawJob = {
    models,
    batches: quick ? [1, 8] : [1, 4, 8, 16, 32],
    threads: [...new Set([1, cores])],
    seconds: quick ? 0.5 : 2,
  };
  const all = await runScript<RawMeasure[]>("raw.ts", job);
  const best = all.reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a));
  return { ...best, all };
}

export function ratiosOf({ raw, single, peak, half, overload }: SubjectFigures) {
  return {
    served_over_raw: peak.goodput / raw.imagesPerSecond,
    half_load_p99_over_single: half.p99Ms / single.p50Ms,
    overload_goodput_over_peak: overload.goodput / peak.goodput,
  };
}

export function tableOf(name: string, figures: SubjectFigures): string[] {
  const { raw, single, peak, half, overload, computedInVain } = figures;
  const row = (what: string, value: string) => `  ${what.padEnd(34)} ${value}`;
  const perSecond = (value: number) => `${value.toFixed(1)} photos/s`;
  return [
    name,
    row("onnxruntime alone, best", `${perSecond(raw.imagesPerSecond)} (batch ${raw.batch}, ${raw.threads} threads)`),
    row("served, 32 callers", `${perSecond(peak.goodput)}, p99 ${peak.p99Ms.toFixed(0)} ms, ${peak.failed} failed`),
    row("served, 1 caller", `p50 ${single.p50Ms.toFixed(1)} ms`),
    row("served, half of the peak", `p50 ${half.p50Ms.toFixed(1)} ms, p99 ${half.p99Ms.toFixed(1)} ms`),
    row(
      "served, 3 × the peak",
      `${perSecond(overload.goodput)} in time, ${overload.refused} refused, ${overload.deadline} out of time`,
    ),
    row(
      "",
      `refusals p99 ${overload.refusalP99Ms.toFixed(0)} ms, latest answer ${overload.latestMs.toFixed(0)} ms late`,
    ),
    row(
      "",
      `${computedInVain.toFixed(0)} computed in vain; refusals by reason ${JSON.stringify(overload.did.refusals)}`,
    ),
  ];
}
