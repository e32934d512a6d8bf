import process from "node:process";
import { mallocLibrary } from "../cli/up/malloc-library.ts";
import { v8PoolFlags } from "../cli/up/v8-pool.ts";
import { type Measure, runMeasure } from "./support/measure.ts";
import { notMeasured, readOptions, refuse, saySkipped } from "./support/options.ts";
import { report } from "./support/results.ts";

// The Index beside what it is compared with: FAISS, hnswlib and usearch in Python (FAISS_PYTHON: a Python with faiss-cpu, hnswlib,
// usearch and numpy), servers (PEERS_DIR), an echo on its own server, and itself in other ways. One measurement after the other, each in processes of its own.
// --only WORD: those whose name contains it, with a result of their own. --quick: a first look, on fewer vectors. Exit code 2: of what
// was asked for nothing could be measured.

const PARTS = [
  ...["kernel", "faiss", "libraries", "filtered", "graphs", "cost-model", "event-loop", "echo", "served"],
  "million",
];

/** Words before a part's command. */
const BEFORE: Record<string, () => string[]> = {
  served: onLoopbackOnly,
  "event-loop": asItIsStarted,
};

const { quick, seed, say, more } = readOptions({ only: "WORD" });
const only = more.only ?? "";
// A million takes minutes: in a first look only when it is named.
const parts = PARTS.filter((part) => part.includes(only) && (part !== "million" || !quick || only !== ""));
if (parts.length === 0) refuse(`expected a part of ${PARTS.join(", ")} as --only, got ${only}`);

const ratios: Measure["ratios"] = {};
const figures: Record<string, unknown> = {};
const skipped: string[] = [];
let measured = 0;
for (const part of parts) {
  say(`--- ${part}`);
  const script = new URL(`index/${part}.ts`, import.meta.url);
  const found = await runMeasure(script, { quick, seed }, BEFORE[part]?.() ?? []);
  Object.assign(ratios, found.ratios);
  figures[part] = found.figures;
  for (const [ratio, value] of Object.entries(found.ratios)) say(`${ratio.padEnd(56)} ${value?.toFixed(3) ?? "-"}`);
  const left = (found.skipped ?? []).map((one) => `${part}: ${one}`);
  skipped.push(...left);
  if (left.length === 0 || Object.values(found.ratios).some((value) => value !== null)) measured++;
}
if (measured === 0) {
  saySkipped(skipped);
  notMeasured(`nothing of ${parts.join(", ")}`);
}
const name = ["index", more.only, quick && "quick"].filter(Boolean).join("-");
await report({ name, ratios, figures, skipped, seed }, say);

/**
 * Words before a command that gives it a network of its own, with nothing but loopback, where this may be had: some servers open
 * ports to everybody.
 */
function onLoopbackOnly(): string[] {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return [];
  return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
}

/** Words before a command that runs as `flashfit up` starts an Index: its memory, V8's helper threads. */
function asItIsStarted(): string[] {
  const library = mallocLibrary(process.env.INDEX_MALLOC_LIBRARY);
  return ["env", `NODE_OPTIONS=${v8PoolFlags().join(" ")}`, ...(library ? [`LD_PRELOAD=${library}`] : [])];
}
