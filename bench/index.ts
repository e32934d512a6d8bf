import { type Measure, onLoopbackOnly, runMeasure, runScript } from "./index/measure.ts";
import type { Result } from "./support/results.ts";
import { readOptions, report } from "./support/results.ts";

// The Index beside what it is compared with: FAISS, hnswlib and usearch in Python (FAISS_PYTHON: a Python with faiss-cpu, hnswlib,
// usearch and numpy), servers (PEERS_DIR), an echo on its own server, and itself in other ways. One measurement after the other, each in processes of its own.
// --only WORD: those whose name contains it, with a result of their own. --quick: a first look, on fewer vectors.

const { quick, seed, say, more } = readOptions({ only: { type: "string" } });
const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = {};
const wanted = (name: string) => name.includes(more.only ?? "");

/** What a bench says where something optional is not on this machine. */
const NOT_THERE = /not measured:|pip install|setup:faiss|dataset-fashion-mnist/;

function add(name: string, measure: Measure): void {
  Object.assign(ratios, measure.ratios);
  figures[name] = measure.figures;
  for (const [ratio, value] of Object.entries(measure.ratios)) say(`${ratio.padEnd(56)} ${value?.toFixed(3) ?? "-"}`);
  for (const skipped of measure.skipped ?? []) say(`skipped: ${skipped}`);
}

/** A bench that stands on its own: its last line is its result. */
async function addBench(name: string, script: string, ratiosOf: (result: Result) => Measure["ratios"]) {
  if (!wanted(name)) return;
  say(`--- ${name}`);
  try {
    const args = [...(quick ? ["--quick"] : []), "--json", "--seed", String(seed)];
    const result = JSON.parse((await runScript(script, args)).trim().split("\n").at(-1)!) as Result;
    add(name, { ratios: ratiosOf(result), figures: { ...result.ratios, ...result.figures } });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (!NOT_THERE.test(why)) throw error;
    add(name, { ratios: {}, figures: {}, skipped: [`${name}: ${why.trim().split("\n").at(-1)}`] });
  }
}

// One query at a time on all of Fashion-MNIST, as a search comes.
const FLAT = "flat_over_faiss_flat_60000x784_l2_batch1";
await addBench("kernel", "kernel.ts", ({ ratios }) => ({
  ...(ratios[FLAT] && { flat_over_faiss_flat: ratios[FLAT] }),
}));
await addBench("faiss", "faiss.ts", ({ ratios: { faiss_over_python } }) => ({
  ...(faiss_over_python && { faiss_over_python }),
}));
for (const name of [
  "libraries",
  "filtered",
  "graphs",
  "cost-model",
  "event-loop",
  "echo",
  "served",
  ...(quick ? [] : ["million"]),
]) {
  if (!wanted(name)) continue;
  say(`--- ${name}`);
  add(name, await runMeasure(`${name}.ts`, { quick, seed }, name === "served" ? onLoopbackOnly() : []));
}
const part = more.only === undefined ? "" : `-${more.only}`;
await report({ name: `index${part}${quick ? "-quick" : ""}`, ratios, figures, seed }, say);
