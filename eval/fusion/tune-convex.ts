import { initialCommon } from "../../services/feedback/learning/default-priors.ts";
import { rank } from "../../services/fusion/ranking/rank.ts";
import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import { gainsOf, ndcg, PLACES } from "./gains.ts";
import { commonFor } from "./shopper.ts";
import type { Village } from "./village.ts";

export type Convex = Record<string, number>;

/** Every mixture in steps of a tenth, by mean NDCG@10 over the people of these villages: the best of the family, to be fair to it. */
export function tuneConvex(villages: readonly Village[]): Convex {
  const judged = villages.flatMap(({ people }) =>
    people.flatMap(({ person, learningQueries }) =>
      learningQueries.slice(0, 6).map((query) => ({ query, gains: gainsOf(person, query) })),
    ),
  );
  let best = { convex: {} as Convex, value: -1 };
  for (const convex of mixtures()) {
    const common = commonFor(initialCommon({}), convex, new Map());
    let sum = 0;
    for (const { query, gains } of judged) {
      const { items } = rank({
        ...query,
        models: MODELS,
        common,
        policy: "convex",
        k: PLACES,
        diversity: 0,
        random: Math.random,
      });
      sum += ndcg(
        items.map(({ id }) => id),
        gains,
      );
    }
    if (sum / judged.length > best.value) best = { convex, value: sum / judged.length };
  }
  return best.convex;
}

function mixtures(): Convex[] {
  const tenths = Array.from({ length: 11 }, (_, i) => i);
  return tenths.flatMap((clip) =>
    tenths
      .filter((blip) => clip + blip <= 10)
      .map((blip) => ({ clip: clip / 10, blip: blip / 10, fashion: (10 - clip - blip) / 10 })),
  );
}
