import os from "node:os";
import { Priority } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { median } from "../support/statistics.ts";
import type { Cores } from "./cores.ts";
import type { RawJob, RawMeasure } from "./raw.ts";
import { runOn, type Served, ServedModels } from "./served.ts";

/** One folder of models and how it is measured. */
export interface Subject {
  name: string;
  modelDir: string;
  /** Models that are asked; none: all. */
  models: string[];
  /** Pixels a side that they see. */
  side: number;
  /** What a photograph goes through. */
  graphs: RawJob["models"];
}

export interface MeasureOptions {
  quick: boolean;
  seed: number;
  cores: Cores | undefined;
}

export interface SubjectFigures {
  /** onnxruntime alone on the measured processors: the best before and after the peak on average, and all that was tried. */
  raw: RawMeasure & { all: RawMeasure[] };
  /** 32 callers with pixels while the whole Encoder has those processors, and no more; with JPEG files. */
  whole: Served;
  wholeFiles: Served;
  /** Three times as many calls a second as then, as chance has it, each with a deadline. */
  wholeOverload: Served;
  /** From here on the processes that run the models have them. 32 callers with pixels; with JPEG files. */
  peak: Served;
  files: Served;
  /** One caller, before and after those at half of the peak. */
  singles: [Served, Served];
  /** Half as many calls a second as at the peak: evenly, in windows one after the other, and as chance has it. */
  halves: Served[];
  halfPoisson: Served;
  /** Three times as many, as chance has it, each with a deadline. */
  overload: Served;
  /** One caller who waits while 32 have bulk work done. */
  interactive: Served;
  /** Photographs computed of which the caller had nothing, under overload. */
  computedInVain: number;
}

const CONCURRENCY = 32;
/** The middle one counts, and each is told: support/kernel-scanner.ts says what one in a hundred callers may meet. */
const HALF_WINDOWS = 5;
/** Of the callers of an overloaded service: this many times the answer to a single call, and at least. */
const DEADLINE = { singles: 8, leastMs: 500 };

/** onnxruntime alone, then the same models behind Envoy. */
export async function measureSubject(
  subject: Subject,
  { quick, seed, cores }: MeasureOptions,
): Promise<SubjectFigures> {
  const { graphs, modelDir, models, side } = subject;
  const before = await measureRaw(graphs, quick, cores);
  const served = await ServedModels.start({ modelDir, models, seed, cores });
  try {
    const patient = { seconds: quick ? 4 : 12, timeoutMs: 60_000, side };
    const crowd = { ...patient, load: { concurrency: CONCURRENCY } };
    const openly = (perSecond: number, arrivals: "even" | "poisson") => ({ perSecond, arrivals });
    await served.place("encoder");
    await served.load({ ...crowd, seconds: 3 });
    const whole = await served.load(crowd);
    const wholeFiles = await served.load({ ...crowd, side: undefined });
    const wholeSingle = await served.load({ ...patient, load: { concurrency: 1 } });
    const overloaded = (peak: Served, single: Served) =>
      served.load({
        ...patient,
        timeoutMs: Math.ceil(Math.max(DEADLINE.leastMs, DEADLINE.singles * single.p50Ms)),
        load: openly(peak.goodput * 3, "poisson"),
      });
    const wholeOverload = await overloaded(whole, wholeSingle);
    await served.place("inference");
    const peak = await served.load(crowd);
    const raw = meanOf(before, await measureRaw(graphs, quick, cores));
    const files = await served.load({ ...crowd, side: undefined });
    const single = await served.load({ ...patient, load: { concurrency: 1 } });
    const halves: Served[] = [];
    for (let i = 0; i < (quick ? 2 : HALF_WINDOWS); i++) {
      halves.push(await served.load({ ...patient, load: openly(peak.goodput / 2, "even") }));
    }
    const singleAfter = await served.load({ ...patient, load: { concurrency: 1 } });
    const halfPoisson = await served.load({ ...patient, load: openly(peak.goodput / 2, "poisson") });
    const overload = await overloaded(peak, single);
    const [interactive] = await served.loads(
      { ...patient, load: { concurrency: 1 } },
      { ...crowd, priority: Priority.BULK },
    );
    if (!interactive) throw new Error("expected a measurement");
    const computedInVain = overload.did.computed / graphs.length - overload.ok;
    const wholes = { whole, wholeFiles, wholeOverload };
    const singles: SubjectFigures["singles"] = [single, singleAfter];
    return { raw, ...wholes, peak, files, singles, halves, halfPoisson, overload, interactive, computedInVain };
  } finally {
    await served.stop();
  }
}

async function measureRaw(models: RawJob["models"], quick: boolean, cores: Cores | undefined) {
  const count = cores?.measuredCount ?? os.availableParallelism();
  const job: RawJob = {
    models,
    batches: quick ? [1, 8, 16] : [1, 4, 8, 16, 32],
    threads: [...new Set([1, count])],
    seconds: quick ? 0.7 : 2,
  };
  const all = await runOn<RawMeasure[]>(cores?.measured, "raw.ts", job);
  const best = all.reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a));
  return { ...best, all };
}

/** Of what was measured before and after the peak, because the machine is not always equally fast. */
function meanOf(before: SubjectFigures["raw"], after: SubjectFigures["raw"]): SubjectFigures["raw"] {
  const imagesPerSecond = (before.imagesPerSecond + after.imagesPerSecond) / 2;
  return { ...after, imagesPerSecond, all: [...before.all, ...after.all] };
}

export function ratiosOf(figures: SubjectFigures) {
  const { raw, whole, wholeOverload, peak, files, halves, overload, interactive } = figures;
  const singleMs = singleMsOf(figures);
  const halfLoad = (p99: "p99Ms" | "undisturbedP99Ms") => median(halves.map((half) => half[p99])) / singleMs;
  return {
    served_over_raw: peak.goodput / raw.imagesPerSecond,
    served_over_raw_whole_encoder: whole.goodput / raw.imagesPerSecond,
    served_files_over_raw: files.goodput / raw.imagesPerSecond,
    half_load_p99_over_single: halfLoad("p99Ms"),
    half_load_p99_over_single_undisturbed: halfLoad("undisturbedP99Ms"),
    overload_goodput_over_peak: overload.goodput / peak.goodput,
    overload_refused_within_50_ms_in_encoder: overload.did.refusedSoon / overload.did.refused,
    whole_encoder_overload_goodput_over_peak: wholeOverload.goodput / whole.goodput,
    interactive_under_bulk_p99_over_single: interactive.p99Ms / singleMs,
  };
}

/** What a single caller waits usually, milliseconds: of before and after, because the machine is not always equally fast. */
function singleMsOf({ singles: [before, after] }: SubjectFigures): number {
  return (before.p50Ms + after.p50Ms) / 2;
}

export function tableOf(name: string, figures: SubjectFigures): string[] {
  const { raw, whole, wholeFiles, wholeOverload, peak, files } = figures;
  const { singles, halves, halfPoisson, overload, interactive, computedInVain } = figures;
  const times = ({ p50Ms, p99Ms }: Served) => `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
  const all = [whole, wholeOverload, peak, files, ...singles, ...halves, halfPoisson, overload];
  const expired = all.reduce((n, { did }) => n + did.expired, 0);
  return [
    name,
    row("onnxruntime alone, best", `${perSecond(raw.imagesPerSecond)} (batch ${raw.batch}, ${raw.threads} threads)`),
    row("32 callers, inference there", `${perSecond(peak.goodput)}, ${times(peak)}, ${peak.failed} failed`),
    row("  with JPEG files", perSecond(files.goodput)),
    row("32 callers, whole Encoder there", perSecond(whole.goodput)),
    row("  with JPEG files", perSecond(wholeFiles.goodput)),
    ...overloadRows(wholeOverload),
    ...singles.map((single) => row("1 caller", times(single))),
    ...halves.map((half) => row("half of the peak, evenly", `${times(half)}; ${undisturbed(half)}`)),
    row("half of the peak, Poisson", times(halfPoisson)),
    ...overloadRows(overload),
    row("", `${computedInVain.toFixed(0)} computed in vain; by reason ${JSON.stringify(overload.did.refusals)}`),
    row("1 caller beside 32 with bulk work", `${times(interactive)}, ${interactive.did.overtaken} times overtaken`),
    row("begun after the deadline", `${expired}`),
  ];
}

function undisturbed({ undisturbedP99Ms, disturbed, ok }: Served): string {
  return `${undisturbedP99Ms.toFixed(1)} ms without the ${disturbed} of ${ok} beside the kernel's memory scanner`;
}

function overloadRows({ goodput, late, refused, deadline, failed, refusalP99Ms, latestMs, did }: Served): string[] {
  const soon = ((100 * did.refusedSoon) / did.refused).toFixed(1);
  return [
    row("3 × as many, Poisson", `${perSecond(goodput)} in time, ${late} late, ${refused} refused`),
    row("", `${deadline} out of time, ${failed} failed`),
    row("", `refusals p99 ${refusalP99Ms.toFixed(0)} ms, latest ${latestMs.toFixed(0)} ms late`),
    row("", `${soon} % of them within 50 ms in the Encoder`),
  ];
}

function row(what: string, value: string): string {
  return `  ${what.padEnd(34)} ${value}`;
}

function perSecond(value: number): string {
  return `${value.toFixed(1)} photos/s`;
}
