import { initialCommon } from "../../services/feedback/learning/default-priors.ts";
import type { GaussianBelief, PersonState } from "../../services/feedback/learning/state.ts";
import { calibrate } from "../../services/fusion/ranking/calibration.ts";
import { itemFeatures } from "../../services/fusion/ranking/features.ts";
import { ITEM_FEATURES, ITEM_LAYOUT } from "../../services/fusion/ranking/layout.ts";
import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import type { SeenWorld } from "../seen-world.ts";
import { gainsOf } from "./gains.ts";
import { seeded } from "./random.ts";
import { commonFor, Shopper } from "./shopper.ts";
import type { Convex } from "./tune-convex.ts";
import type { Village } from "./village.ts";

/** Numbers of events after which people's features are looked at. */
const HISTORIES: readonly number[] = [0, 1, 2, 3, 5, 7, 10, 15, 20];

/** All candidates of one query, for one person with a history, as ranking sees them and as the person does. */
export interface Example {
  /** Of the person among all. */
  person: number;
  events: number;
  /** Features, row by row. */
  rows: Float64Array;
  /** By candidate: what it is worth (gains.ts), and the person's utility. */
  gains: Float64Array;
  utilities: Float64Array;
}

export interface Lives {
  world: SeenWorld;
  villages: readonly Village[];
  convex: Convex;
}

/** Everybody lives with `adaptive` on this prior until they have answered 20 times. What their examples are is known of simulated people only. */
export function examplesOf({ world, villages, convex }: Lives, prior: GaussianBelief): Example[] {
  const state = initialCommon({ [ITEM_LAYOUT]: prior });
  let number = 0;
  return villages.flatMap((village) => {
    const common = commonFor(state, convex, village.popularity);
    return village.people.flatMap(({ person, learningQueries, judgedQueries }, index) => {
      const id = number++;
      const shopper = new Shopper(world, state, common);
      const random = seeded(village.seed, 3, index);
      const states = new Map<number, PersonState | undefined>([[0, undefined]]);
      const last = HISTORIES.at(-1) ?? 0;
      for (let list = 0; shopper.events < last && list < 20 * last; list++) {
        const query = learningQueries[list % learningQueries.length]!;
        shopper.answer(person, query, shopper.recommend(query, "adaptive", random), (events) => {
          if (HISTORIES.includes(events)) states.set(events, shopper.state);
        });
      }
      const asked = judgedQueries.map((query) => {
        const gains = gainsOf(person, query);
        return {
          query,
          lists: [...MODELS].sort().map((model) => calibrate(query.candidates, model)),
          gains: Float64Array.from(query.candidates, ({ id }) => gains.get(id) ?? 0),
          utilities: Float64Array.from(query.candidates, (_, i) => person.utility(query, i)),
        };
      });
      return [...states].flatMap(([events, known]) => {
        const then = new Shopper(world, state, common, known).known();
        return asked.map(({ query: { candidates, context }, lists, gains, utilities }) => ({
          person: id,
          events,
          rows: itemFeatures({ candidates, lists, context, ...then, common }),
          gains,
          utilities,
        }));
      });
    });
  });
}

export const FEATURES = ITEM_FEATURES.length;
