import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../cli/state/home.ts";
import { MeshEncoder } from "../../eval/encode-all.ts";
import { listPhotographs, photographs } from "../../eval/photographs.ts";
import { startMesh } from "../../test/support/mesh.ts";
import type { Vectors } from "./fashion-mnist.ts";

const MODEL = "clip";
const CONFIG = join(projectRoot, "models", MODEL, "1", "config.json");

/**
 * Photographs of garments as the default pack's CLIP sees them: those of the training split to search in, those of the validation
 * split to ask for. Unit vectors. Encoded once by a mesh and then kept in the folder for temporary files.
 *
 * @returns why not, where the photographs are not there
 */
export async function clipPack(): Promise<{ base: Vectors; queries: Vectors } | { reason: string }> {
  const [train, validation] = [await listPhotographs("train"), await listPhotographs("validation")];
  if (!train || !validation) {
    const expected = "a folder with train/<category> and validation/<category>";
    return { reason: `no photographs at ${photographs}: set FLASHFIT_PHOTOS to ${expected}` };
  }
  const hash = createHash("sha256").update(await readFile(CONFIG));
  for (const { file } of [...train, ...validation]) hash.update(file);
  const folder = join(tmpdir(), "flashfit-bench-clip-pack");
  const kept = join(folder, hash.digest("hex").slice(0, 16));
  if (!existsSync(kept)) {
    const mesh = await startMesh();
    try {
      const encoded = await new MeshEncoder(mesh).photographs([...train, ...validation], false);
      const vectors = encoded.map(({ vectors }) => {
        const vector = vectors.get(MODEL);
        if (!vector) throw new Error(`expected a vector of ${MODEL}, got ${[...vectors.keys()].join(", ")}`);
        return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
      });
      await mkdir(folder, { recursive: true });
      await writeFile(`${kept}.making`, Buffer.concat(vectors));
      await rename(`${kept}.making`, kept);
    } finally {
      await mesh.stop();
    }
  }
  const bytes = await readFile(kept);
  const all = new Float32Array(new SharedArrayBuffer(bytes.length));
  new Uint8Array(all.buffer).set(bytes);
  const dimensions = all.length / (train.length + validation.length);
  if (!Number.isInteger(dimensions))
    throw new Error(`expected whole vectors in ${kept}, got ${all.length} values: remove it`);
  const border = train.length * dimensions;
  return {
    base: { dimensions, count: train.length, values: all.subarray(0, border) },
    queries: { dimensions, count: validation.length, values: all.subarray(border) },
  };
}
