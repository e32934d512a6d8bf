import { Model } from "../model.ts";
import type { KnownModel } from "../model-set.ts";
import { messageOf } from "../repository/json.ts";
import type { StoredModel } from "../repository/model-repository.ts";
import { withRemedy } from "../repository/remedies.ts";
import { proveGolden, readGolden } from "./golden.ts";
import type { OpenInference } from "./inference.ts";

/** Variants whose vectors are those of the original weights. */
const EXACT: readonly string[] = ["fp32", "fp16"];

/**
 * Start a version and have it prove itself: every graph answers in the right shape, and, where the version brings golden
 * vectors, with those. One that does not is ended and comes back as broken, with the reason.
 */
export async function startVersion(
  entry: StoredModel,
  open: OpenInference,
  threads: number,
  note: (state: "starting" | "proving") => void = () => {},
): Promise<KnownModel> {
  if (entry.kind === "broken") return entry;
  const { pack, graphs, folder, variant } = entry;
  const { name, revision } = pack;
  try {
    note("starting");
    const golden = await readGolden(folder);
    const inference = await open(graphs, { threads, model: { name, revision } });
    try {
      note("proving");
      const model = await Model.prove(pack, inference);
      if (golden) await proveGolden(model, golden, !EXACT.includes(variant));
      return { kind: "loaded", name, revision, model, variant };
    } catch (error) {
      await inference.close();
      throw error;
    }
  } catch (error) {
    const reason = `${name}/${revision}: ${withRemedy(messageOf(error))}`;
    return { kind: "broken", name, revision, reason };
  }
}
