import { failedPrecondition, notFound, unavailable } from "../kit/errors.ts";
import type { Model } from "./model.ts";
import type { ModelSet } from "./model-set.ts";

/** What a model may be asked for. */
export type Ability = "embedsText" | "embedsPhotos" | "classifies" | "captions";

const VERBS: Record<Ability, string> = {
  embedsText: "embeds text",
  embedsPhotos: "embeds photos",
  classifies: "classifies",
  captions: "writes captions",
};

export interface Asked {
  able: Model[];
  /** Names asked for that cannot do it, or are broken. */
  unable: string[];
}

/**
 * The models to ask, in the order of the names; no names: all that can.
 * @throws NOT_FOUND for a name that is not in the repository.
 */
export function chooseModels(models: ModelSet, names: string[], can: Ability): Asked {
  if (names.length === 0) return { able: models.loaded.filter((model) => model[can]), unable: [] };
  const known = names.map((name) => find(models, name));
  const able = known.flatMap((entry) => (entry.kind === "loaded" && entry.model[can] ? [entry.model] : []));
  return { able, unable: names.filter((name) => !able.some((model) => model.name === name)) };
}

/**
 * The one model of this name; without a name the first that can.
 * @throws NOT_FOUND for a name that is not in the repository, UNAVAILABLE when it is not loaded, FAILED_PRECONDITION
 * when it cannot do it.
 */
export function chooseModel(models: ModelSet, name: string, can: Ability): Model {
  if (name === "") {
    const first = models.loaded.find((model) => model[can]);
    if (!first) throw unavailable(`no loaded model ${VERBS[can]}`);
    return first;
  }
  const known = find(models, name);
  if (known.kind !== "loaded") throw unavailable(`${name} is not loaded: ${known.reason}`);
  if (known.model[can]) return known.model;
  const others = models.loaded.filter((model) => model[can]).map((model) => model.name);
  throw failedPrecondition(`${name} is no model that ${VERBS[can]}; those are: ${others.join(", ") || "none"}`);
}

function find(models: ModelSet, name: string) {
  const found = models.get(name);
  if (found) return found;
  const known = [...new Set(models.all.map(({ name }) => name))];
  throw notFound(`model ${JSON.stringify(name)}; known are ${known.join(", ")}`);
}
