import { report } from "../../bench/support/results.ts";
import { CONVEX_WEIGHTS } from "../../services/feedback/learning/default-priors.ts";
import { ITEM_LAYOUT } from "../../services/fusion/ranking/layout.ts";
import type { SeenWorld } from "../seen-world.ts";
import { idealCurve } from "./ideal.ts";
import { learningCurves } from "./learning-curve.ts";
import type { Manifold } from "./people.ts";
import { livedPrior } from "./prior.ts";
import { queriesOf } from "./queries.ts";
import { interval, written } from "./statistics.ts";
import { TRAINING_SEEDS, villageOf } from "./village.ts";

// What learning brings where people differ in fewer directions, or in more: the same code on populations of other people, with a prior
// that training populations of their kind made. Beside it what nobody can do better, about (ideal.ts).

const STYLES = [2, 4, 8, 16];
/** By the name that `--people` takes. */
export const KINDS: ReadonlyMap<string, Manifold> = new Map(
  STYLES.flatMap((styles) =>
    [false, true].map((likings) => [`${styles}${likings ? "+likings" : ""}`, { styles, likings }] as const),
  ),
);
/** People of a training population, and of a judged one. */
const PEOPLE = { training: 12, judged: 24 };
const POPULATIONS = { training: 12, judged: 12 };
/** Numbers of events that the table shows; the share is what of the gain at the last is there at `WITHIN`. */
const EVENTS = [0, 5, 10, 20];
const WITHIN = 10;

export async function sensitivity(
  world: SeenWorld,
  kind: string,
  { seed, quick, say }: { seed: number; quick: boolean; say: (line: string) => void },
): Promise<void> {
  const queries = queriesOf(world);
  const manifold = KINDS.get(kind)!;
  const part = quick ? 6 : 1;
  const villages = (seeds: readonly number[], people: number) =>
    seeds.map((one) => villageOf(world, queries, one, people / part, manifold));
  const training = villages(TRAINING_SEEDS.slice(0, POPULATIONS.training / part), PEOPLE.training);
  const prior = livedPrior({ world, villages: training, convex: CONVEX_WEIGHTS });
  const seeds = Array.from({ length: POPULATIONS.judged / part }, (_, i) => seed * 1000 + i);
  const rows = villages(seeds, PEOPLE.judged).map((village) => ({
    ...learningCurves(world, village, CONVEX_WEIGHTS, { [ITEM_LAYOUT]: prior }),
    ...idealCurve(world, village, EVENTS),
  })) as Record<string, number>[];
  const figures: Record<string, unknown> = { ...manifold, populations: POPULATIONS, peopleEach: PEOPLE };
  const last = EVENTS.at(-1) as number;
  say(`people: ${kind}; NDCG@10 on unseen queries, mean [95 % interval over populations]`);
  for (const learner of ["adaptive", "ideal"]) {
    const at = (row: Record<string, number>, events: number) => row[`${learner}@${events}`] as number;
    const curve = EVENTS.map((events) => [events, interval(rows, (row) => at(row, events), seed)] as const);
    const share = interval(rows, (row) => (at(row, WITHIN) - at(row, 0)) / (at(row, last) - at(row, 0)), seed);
    figures[learner] = { ndcg: Object.fromEntries(curve), shareWithin10: share };
    const cells = curve.map(([events, value]) => `@${events} ${written(value)}`);
    say(`${learner.padEnd(9)} ${cells.join("  ")}  within ${WITHIN} ${written(share, 2)}`);
  }
  await report({ name: `eval-fusion-people-${kind}${quick ? "-quick" : ""}`, ratios: {}, figures, seed }, say);
}
