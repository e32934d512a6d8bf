import { mkdtempSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { projectRoot } from "../cli/state/home.ts";
import { noPhotographs } from "../eval/photographs.ts";
import { pin, splitCores } from "./encoder/cores.ts";
import { measureInfinity, startInfinity } from "./encoder/infinity.ts";
import { measureSubject, ratiosOf, type Subject, tableOf } from "./encoder/measure-models.ts";
import type { PreprocessingMeasure } from "./encoder/preprocessing.ts";
import { writeClip } from "./onnx/write-clip.ts";
import { notMeasured, readOptions } from "./support/options.ts";
import { readPhotos } from "./support/photos.ts";
import { report } from "./support/results.ts";
import { runForJson } from "./support/script.ts";

// How much of what the machine can do reaches a caller through Envoy. Everything in one run, one thing at a time.
// Half of the processors run the models, alone or behind Envoy; the client, Envoy and the rest have the other half. Models get
// decoded pixels, as onnxruntime alone does; what decoding costs is measured apart, and with JPEG files besides.
// --infinity URL --infinity-pid PID: beside a running infinity-emb; PEERS_DIR: beside one that is started from there.
// Exit code 2: not measured.

const { quick, seed, say, more } = readOptions({ infinity: "URL", "infinity-pid": "PID" });
if (!(await readPhotos(1, seed))) notMeasured(noPhotographs("validation"));

const temporary = mkdtempSync(join(tmpdir(), "bench-encoder-"));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = {};

const preprocessing = await runForJson<PreprocessingMeasure>(new URL("encoder/preprocessing.ts", import.meta.url), {
  rounds: quick ? 4 : 12,
  seed,
});
ratios.preprocessing_over_sharp = preprocessing.ours / preprocessing.sharp;
ratios.preprocessing_over_sharp_cpu = preprocessing.sharpCpuMs / preprocessing.oursCpuMs;
ratios.preprocessing_over_sharp_default = preprocessing.defaultPack.ours / preprocessing.defaultPack.sharp;
figures.preprocessing = preprocessing;
say(`from JPEG to tensor: ${preprocessing.ours.toFixed(0)} photos/s, sharp alone ${preprocessing.sharp.toFixed(0)}`);

const graph = (modelDir: string, name: string, file: string, side: number, outputs: string[]) => ({
  file: join(modelDir, name, "1", "onnx", file),
  side,
  outputs,
});
const models = join(projectRoot, "models");
const subjects: Subject[] = [
  {
    name: "default",
    modelDir: models,
    models: [],
    side: 112,
    graphs: [
      graph(models, "blip", "encoder_model.onnx", 112, ["image_embeds"]),
      graph(models, "clip", "vision_model.onnx", 112, ["image_embeds"]),
      graph(models, "fashion", "vision_model.onnx", 112, ["image_embeds", "logits", "colour_logits"]),
    ],
  },
];
for (const precision of ["fp32", "int8"] as const) {
  const modelDir = join(temporary, precision);
  await writeClip({ directory: modelDir, precision, seed });
  // The edge is ready only with all three of its models; the others are there and are not asked.
  for (const other of ["blip", "fashion"]) await cp(join(models, other), join(modelDir, other), { recursive: true });
  const graphs = [graph(modelDir, "clip", "vision_model.onnx", 224, ["image_embeds"])];
  subjects.push({ name: `vit_b_32_${precision}`, modelDir, models: ["clip"], side: 224, graphs });
}

const cores = splitCores();
figures.processors = cores;
if (!cores) say("the processors cannot be divided here: everything runs everywhere, and the client takes its part");
const filesPerSecond: Record<string, number> = {};
for (const subject of subjects) {
  const measured = await measureSubject(subject, { quick, seed, cores });
  filesPerSecond[subject.name] = measured.wholeFiles.goodput;
  figures[subject.name] = measured;
  for (const [name, value] of Object.entries(ratiosOf(measured))) ratios[`${subject.name}_${name}`] = value;
  for (const line of tableOf(subject.name, measured)) say(line);
}

const pid = more["infinity-pid"] === undefined ? undefined : Number(more["infinity-pid"]);
const infinity = more.infinity
  ? { url: more.infinity, pid, stop: async () => {} }
  : await startInfinity(process.env.PEERS_DIR, cores?.measured);
const skipped: string[] = [];
if ("reason" in infinity) {
  skipped.push(`served_over_infinity: ${infinity.reason}`);
  ratios.served_over_infinity_fp32 = ratios.served_over_infinity_int8 = null;
} else {
  if (cores) pin(process.pid, cores.others); // its client is this process
  try {
    const measured = await measureInfinity(infinity, { concurrency: 32, seconds: quick ? 4 : 12, seed });
    figures.infinity = measured;
    for (const precision of ["fp32", "int8"]) {
      const served = filesPerSecond[`vit_b_32_${precision}`] ?? 0;
      ratios[`served_over_infinity_${precision}`] = served / measured.imagesPerSecond;
    }
    say(`infinity-emb, 32 callers: ${measured.imagesPerSecond.toFixed(1)} photos/s`);
  } finally {
    await infinity.stop();
  }
}

say("");
for (const [name, value] of Object.entries(ratios)) say(`${name.padEnd(46)} ${value?.toFixed(3) ?? "-"}`);
await report({ name: quick ? "encoder-quick" : "encoder", ratios, figures, skipped, seed }, say);
