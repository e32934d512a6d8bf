import type { OpenInference } from "./inference/inference.ts";
import { Model } from "./model.ts";
import type { StoredModel } from "./repository/model-repository.ts";

/** A model of the repository: in use, or why it is not. */
export type KnownModel =
  | { kind: "loaded"; name: string; revision: string; model: Model }
  | { kind: "broken"; name: string; revision: string; reason: string };

/** The models that were found, loaded or broken, by name. */
export class ModelSet {
  readonly all: readonly KnownModel[];

  constructor(all: readonly KnownModel[]) {
    this.all = all;
  }

  get loaded(): Model[] {
    return this.all.flatMap((known) => (known.kind === "loaded" ? [known.model] : []));
  }

  get(name: string): KnownModel | undefined {
    return this.all.find((known) => known.name === name);
  }

  async close(): Promise<void> {
    await Promise.all(this.loaded.map((model) => model.close()));
  }
}

/** Load every readable model and prove that it answers; one that does not is kept as broken, the others serve. */
export async function loadModels(stored: StoredModel[], open: OpenInference, threads: number): Promise<ModelSet> {
  const known: KnownModel[] = [];
  for (const entry of stored) known.push(entry.kind === "broken" ? entry : await loadModel(entry, open, threads));
  return new ModelSet(known);
}

async function loadModel(
  { pack, graphs }: Extract<StoredModel, { kind: "ready" }>,
  open: OpenInference,
  threads: number,
): Promise<KnownModel> {
  const { name, revision } = pack;
  try {
    const inference = await open(graphs, { threads });
    try {
      return { kind: "loaded", name, revision, model: await Model.prove(pack, inference) };
    } catch (error) {
      await inference.close();
      throw error;
    }
  } catch (error) {
    const reason = `${name}/${revision}: ${error instanceof Error ? error.message : error}`;
    return { kind: "broken", name, revision, reason };
  }
}
