import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { recordGolden } from "../services/encoder/inference/golden.ts";
import { openWorker } from "../services/encoder/inference/open-worker.ts";
import { Model } from "../services/encoder/model.ts";
import { readVersions } from "../services/encoder/repository/model-repository.ts";

// Writes golden.json into model versions: what they answer here is what they must answer everywhere before they are taken
// into use. `node scripts/golden.ts [FOLDER [NAME [VERSION]]]`, by default every version in models/. Record where you
// trust the answers: with fp32 graphs, after an evaluation.

const TEXTS = ["a black dress", "a photo of a white t-shirt", "blue jeans"];
const SEEDS = [1, 2];

const [directory = fileURLToPath(new URL("../models", import.meta.url)), name, version] = process.argv.slice(2);
for (const stored of await readVersions(directory)) {
  const [ownName, revision] =
    stored.kind === "ready" ? [stored.pack.name, stored.pack.revision] : [stored.name, stored.revision];
  if ((name !== undefined && ownName !== name) || (version !== undefined && revision !== version)) continue;
  if (stored.kind === "broken") throw new Error(stored.reason);
  const { pack, graphs, folder } = stored;
  const inference = await openWorker(graphs, { threads: 1 });
  try {
    const model = await Model.prove(pack, inference);
    const { crop, resize } = pack.view ?? {};
    const { width, height } = crop ?? (resize?.kind === "exact" ? resize : { width: 224, height: 224 });
    const photos = pack.view ? SEEDS.map((seed) => ({ seed, width, height })) : [];
    await writeFile(join(folder, "golden.json"), await recordGolden(model, photos, model.embedsText ? TEXTS : []));
    process.stdout.write(
      `${ownName} ${revision}: ${photos.length} photos, ${model.embedsText ? TEXTS.length : 0} texts\n`,
    );
  } finally {
    await inference.close();
  }
}
