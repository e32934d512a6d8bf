import { mkdtempSync, rmSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { createClient } from "@connectrpc/connect";
import { notMeasured, readOptions } from "../bench/support/options.ts";
import { report } from "../bench/support/results.ts";
import { projectRoot } from "../cli/state/home.ts";
import { EncoderService } from "../gen/flashfit/encoder/v1/encoder_pb.ts";
import { floatsFromBytes } from "../services/kit/vector.ts";
import { edgeTransport } from "../test/mesh/clients.ts";
import { startMesh } from "../test/support/mesh.ts";
import { TIMEOUT_MS } from "./encode-photographs.ts";
import { listPhotographs, noPhotographs, photographs } from "./photographs.ts";
import { LEAST_COSINE, nearness, type Reference, readReference } from "./reference/reference-file.ts";

// Whether an exported CLIP gives through the mesh the vectors that it gives in Python. `--clip DIR`: what
// eval/reference/export_clip.py wrote. With --quick ten photographs and ten sentences of it. Exit code: 0 every cosine is at least
// 0.9995, 1 not so, 2 not measured.

const MODEL = "clip";

const { quick, seed, say, more } = readOptions({ clip: "DIR" });
const MOST = quick ? 10 : Number.POSITIVE_INFINITY;
if (more.clip === undefined)
  notMeasured("no model; give --clip DIR, a folder that eval/reference/export_clip.py wrote");
const folder = resolve(more.clip);
const reference = await readReference(join(folder, "reference.json")).catch((error: Error) =>
  notMeasured(`${folder}/reference.json: ${error.message}`),
);
if (!(await listPhotographs("validation"))) notMeasured(noPhotographs("validation"));

const models = mkdtempSync(join(tmpdir(), "clip-reference-"));
process.once("exit", () => rmSync(models, { recursive: true, force: true }));
await cp(folder, join(models, MODEL, "1"), { recursive: true });
// The edge is ready only with all three of its models; the others are there and are not asked.
for (const other of ["blip", "fashion"]) {
  await cp(join(projectRoot, "models", other), join(models, other), { recursive: true });
}
const mesh = await startMesh({ env: { MODEL_DIR: models, ENCODER_VARIANT: "fp32" } });
const answers = await ask(reference).finally(() => mesh.stop());

const figures = {
  photos: { ...answers.photos, apart: reference.apart.photos },
  sentences: { ...answers.sentences, apart: reference.apart.sentences },
  reference: reference.versions,
};
for (const kind of ["photos", "sentences"] as const) {
  const { count, min, mean, worst, apart } = figures[kind];
  say(`${count} ${kind}: cosine to the reference at least ${min.toFixed(7)} (${worst}), mean ${mean.toFixed(7)}`);
  say(
    `   between different ${kind}: ${apart.min.toFixed(3)} to ${apart.max.toFixed(3)}, mean ${apart.mean.toFixed(3)}`,
  );
}
const least = Math.min(answers.photos.min, answers.sentences.min);
if (!(least >= LEAST_COSINE)) say(`expected at least ${LEAST_COSINE}, got ${least}`);
await report({ name: quick ? "clip-reference-quick" : "clip-reference", ratios: {}, figures, seed }, say);
process.exit(least >= LEAST_COSINE ? 0 : 1);

/** Everything through Envoy, one after the other. */
async function ask({ photos, sentences }: Reference) {
  const client = createClient(EncoderService, edgeTransport(mesh, TIMEOUT_MS));
  const encode = async (input: { case: "photo"; value: Uint8Array } | { case: "text"; value: string }) => {
    const { embeddings, unavailable } = await client.encode({ input, models: [MODEL] });
    const [embedding] = embeddings;
    if (!embedding)
      throw new Error(`expected a vector of ${MODEL}, unavailable: ${unavailable.join(", ") || "nothing"}`);
    return floatsFromBytes(embedding.vector);
  };
  const seen = [];
  for (const { file, vector: expected } of photos.slice(0, MOST)) {
    const value = await readFile(join(photographs, "validation", file));
    seen.push({ what: file, expected, actual: await encode({ case: "photo", value }) });
  }
  const read = [];
  for (const { text, vector: expected } of sentences.slice(0, MOST)) {
    read.push({ what: JSON.stringify(text), expected, actual: await encode({ case: "text", value: text }) });
  }
  return { photos: nearness(seen), sentences: nearness(read) };
}
