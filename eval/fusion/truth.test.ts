import t from "tap";
import { MODELS } from "../../services/fusion/ranking/rank-types.ts";
import type { Seen } from "../seen-world.ts";
import { personOf, populationOf } from "./people.ts";
import type { Query } from "./queries.ts";
import { normals, pick, seeded } from "./random.ts";
import { KINDS } from "./sensitivity.ts";
import { covarianceOf, meanOf, pointsOf } from "./truth.ts";

const random = seeded(5);
const normal = normals(random);
const ITEMS = 12;
const seen = (): Seen => {
  const category = pick(["hat", "shoes", "dress"], random);
  const vectors = MODELS.map(() => Float32Array.from({ length: 8 }, normal));
  return { category, saidCategory: category, colour: pick(["red", "blue"], random), vectors };
};
const catalogue = Array.from({ length: ITEMS }, seen);
const places = [...catalogue.keys()];
const query = (kind: Query["kind"]): Query => ({
  kind,
  seen: seen(),
  context: { kind, category: "", colour: "" },
  candidates: places.map((place) => {
    return { id: `item-${place}`, cosines: new Map(), category: "", colour: "", owned: false };
  }),
  places,
  likeness: places.map(() => Float32Array.from(MODELS, random)),
});

/** Populations, and people of each, over whom is counted. */
const [POPULATIONS, PEOPLE] = [150, 12];

for (const [name, manifold] of KINDS) {
  t.test(`people of the kind ${name} differ as the ideal learner takes it`, async (t) => {
    const asked = query("photo");
    let [expected, found, mean, difference] = [0, 0, 0, 0];
    for (let seed = 1; seed <= POPULATIONS; seed++) {
      const population = populationOf(catalogue, seed, manifold);
      const points = pointsOf({ catalogue }, population, asked);
      const covariance = (i: number, j: number) => covarianceOf(points[i]!, points[j]!, manifold.likings);
      for (let index = 0; index < PEOPLE; index++) {
        const person = personOf(population, catalogue, [asked], seed, index);
        for (let i = 1; i < ITEMS; i++) {
          const apart = person.utility(asked, i) - person.utility(asked, 0);
          const middle = meanOf(points[i]!) - meanOf(points[0]!);
          expected += covariance(i, i) + covariance(0, 0) - 2 * covariance(i, 0);
          found += (apart - middle) ** 2;
          mean += middle;
          difference += apart;
        }
      }
    }
    const count = POPULATIONS * PEOPLE * (ITEMS - 1);
    t.ok(Math.abs(found / expected - 1) < 0.1, `variance ${found / count}, expected ${expected / count}`);
    // The ideal learner takes all models to count alike on average, which they do not quite.
    t.ok(Math.abs(difference - mean) / count < 0.2, `mean ${difference / count}, expected ${mean / count}`);
  });
}
