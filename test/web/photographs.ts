import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { drawGarment } from "../../cli/sample/draw.ts";
import { SAMPLE_WARDROBE, sampleName } from "../../cli/sample/wardrobe.ts";
import { run } from "../support/run.ts";

const folder = resolve(process.env.FLASHFIT_PHOTOS ?? "../shared/data/clothing");

/** Whether there are real photographs of garments; where, if not. */
export const realPhotographs = existsSync(folder);
export const NO_PHOTOGRAPHS = `skipped: no photographs at ${folder}, drawn ones are used; set FLASHFIT_PHOTOS to a folder with train/<category> and validation/<category>`;

const CATEGORIES = ["dress", "pants", "shoes", "outwear", "shirt", "hat", "skirt", "t-shirt", "shorts", "longsleeve"];

/** `count` files of garments, of different categories: real photographs if there are any, else drawn ones. */
export async function ownPhotos(count: number, skip = 3): Promise<string[]> {
  if (realPhotographs) return Array.from({ length: count }, (_, i) => photograph("train", i, skip));
  const drawn = temporaryFolder();
  const step = Math.floor(SAMPLE_WARDROBE.length / count);
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const garment = SAMPLE_WARDROBE[i * step]!;
      const file = join(drawn, `${sampleName(garment)}.png`);
      writeFileSync(file, await drawGarment(garment));
      return file;
    }),
  );
}

function photograph(part: "train" | "validation", i: number, skip: number): string {
  const category = CATEGORIES[i % CATEGORIES.length]!;
  const files = readdirSync(join(folder, part, category)).sort();
  return join(folder, part, category, files[(skip + Math.floor(i / CATEGORIES.length)) % files.length]!);
}

/** Fills the catalogue with `count` real photographs, or with the drawn sample. */
export async function seedCatalogue(mesh: { edgeUrl: string; caFile: string; home: string }, count: number) {
  let source = ["--sample"];
  if (realPhotographs) {
    const photos = temporaryFolder();
    for (let i = 0; i < count; i++) {
      const category = join(photos, CATEGORIES[i % CATEGORIES.length]!);
      mkdirSync(category, { recursive: true });
      copyFileSync(photograph("validation", i, 0), join(category, `${i}.jpg`));
    }
    source = ["--photos", photos];
  }
  const env = { FLASHFIT_URL: mesh.edgeUrl, FLASHFIT_CA: mesh.caFile, FLASHFIT_HOME: mesh.home };
  const seeded = await run(process.execPath, ["bin/flashfit.mjs", "seed", ...source], env);
  if (seeded.code !== 0) throw new Error(`expected a filled catalogue, got ${JSON.stringify(seeded)}`);
}

/** A folder that goes with this process. */
function temporaryFolder(): string {
  const made = mkdtempSync(join(tmpdir(), "flashfit-photos-"));
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}
