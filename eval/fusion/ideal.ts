import type { SeenWorld } from "../seen-world.ts";
import { answersTo } from "./answers.ts";
import { gainsOf, ndcg, PLACES } from "./gains.ts";
import { solve } from "./linear-algebra.ts";
import { SHOWN } from "./shopper.ts";
import { meanRow } from "./statistics.ts";
import { covarianceOf, meanOf, type Point, pointsOf } from "./truth.ts";
import type { Village, Villager } from "./village.ts";

/** Variance of what it is told: with it the equations can be solved where it is told twice of one item. */
const NOISE = 0.02;

/**
 * A learner that knows what none can: how these people are made, styles and all, and of each item that a person answers to not a
 * yes or no but the utility itself. The mean of a Gaussian process with the covariance between people
 * (Rasmussen and Williams 2006, section 2.2), which also orders the lists that are shown.
 *
 * @returns means over the people: NDCG@10 on the judged queries, "ideal@n" after n events.
 */
export function idealCurve(world: SeenWorld, village: Village, checkpoints: readonly number[]): Record<string, number> {
  return meanRow(village.people.map((villager) => life(world, village, villager, checkpoints)));
}

interface Told {
  point: Point;
  utility: number;
}

function life(
  world: SeenWorld,
  village: Village,
  { person, learningQueries, judgedQueries }: Villager,
  checkpoints: readonly number[],
): Record<string, number> {
  const { likings } = village.population.manifold;
  const told: Told[] = [];
  const judged = judgedQueries.map((query) => ({
    query,
    points: pointsOf(world, village.population, query),
    gains: gainsOf(person, query),
  }));
  const row: Record<string, number> = {};
  const judge = () => {
    if (!checkpoints.includes(told.length)) return;
    const values = judged.map(({ query, points, gains }) => {
      const order = bestOf(points, told, likings);
      return ndcg(
        order.map((place) => query.candidates[place]!.id),
        gains,
      );
    });
    row[`ideal@${told.length}`] = values.reduce((a, b) => a + b, 0) / values.length;
  };
  judge();
  const last = checkpoints.at(-1) ?? 0;
  for (let list = 0; told.length < last; list++) {
    if (list > 1000) throw new Error(`expected ${last} answers to 1000 lists, got ${told.length}`);
    const query = learningQueries[list % learningQueries.length]!;
    const points = pointsOf(world, village.population, query);
    const shown = bestOf(points, told, likings).slice(0, SHOWN);
    const ids = shown.map((candidate) => query.candidates[candidate]!.id);
    for (const { itemId } of answersTo(person, query, ids)) {
      const candidate = shown[ids.indexOf(itemId)]!;
      told.push({ point: points[candidate]!, utility: person.utility(query, candidate) });
      judge();
    }
  }
  return row;
}

/** The places in `points` of the ten that are expected to be liked best. */
function bestOf(points: readonly Point[], told: readonly Told[], likings: boolean): number[] {
  const n = told.length;
  const covariance = new Float64Array(n * n);
  for (const [i, a] of told.entries()) {
    for (const [j, b] of told.entries()) covariance[i * n + j] = covarianceOf(a.point, b.point, likings);
    covariance[i * (n + 1)]! += NOISE;
  }
  const surprise = Float64Array.from(told, ({ point, utility }) => utility - meanOf(point));
  const weights = solve(covariance, surprise);
  const values = points.map((point) =>
    told.reduce((sum, one, j) => sum + weights[j]! * covarianceOf(point, one.point, likings), meanOf(point)),
  );
  return [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, PLACES);
}
