import t from "tap";
import { betweenPeople } from "./between-people.ts";
import { type Example, FEATURES } from "./histories.ts";
import { inverse, solve, times } from "./linear-algebra.ts";
import { fitListwise } from "./listwise.ts";
import { normals, seeded } from "./random.ts";

/** Examples of people whose utility is linear in two features; each person's coefficients differ from these by `spread`. */
function people(count: number, queries: number, coefficients: readonly [number, number], spread: number): Example[] {
  const normal = normals(seeded(11));
  return Array.from({ length: count }, (_, person) => {
    const own = coefficients.map((value) => value + spread * normal());
    return Array.from({ length: queries }, (): Example => {
      const rows = new Float64Array(20 * FEATURES);
      const utilities = new Float64Array(20);
      for (let i = 0; i < 20; i++) {
        for (const [f, coefficient] of own.entries()) {
          const x = normal();
          rows[i * FEATURES + f] = x;
          utilities[i] = (utilities[i] ?? 0) + coefficient * x;
        }
      }
      return { person, events: 10, rows, utilities, gains: utilities.map((utility) => Math.exp(utility)) };
    });
  }).flat();
}

t.test("gains that are a softmax of features are explained by its coefficients", async (t) => {
  const fitted = fitListwise(people(5, 20, [1, -0.5], 0));
  t.ok(Math.abs((fitted[0] ?? 0) - 1) < 0.05, `${fitted[0]}`);
  t.ok(Math.abs((fitted[1] ?? 0) + 0.5) < 0.05, `${fitted[1]}`);
  t.ok(
    fitted.subarray(2).every((value) => Math.abs(value) < 1e-9),
    "of the features that say nothing nothing is believed",
  );
});

t.test("how people differ is found again", async (t) => {
  const { mean, covariance } = betweenPeople(people(200, 6, [1, -0.5], 0.7));
  t.ok(Math.abs((mean[0] ?? 0) - 1) < 0.15, `${mean[0]}`);
  t.ok(Math.abs((covariance[0] ?? 0) - 0.49) < 0.12, `${covariance[0]}`);
  t.ok(Math.abs((covariance[FEATURES + 1] ?? 0) - 0.49) < 0.12, `${covariance[FEATURES + 1]}`);
  t.ok(Math.abs(covariance[1] ?? 1) < 0.1, `${covariance[1]}`);
  t.same(
    covariance,
    covariance.map((_, i) => covariance[(i % FEATURES) * FEATURES + Math.floor(i / FEATURES)] ?? 0),
  );
});

t.test("systems of equations are solved", async (t) => {
  const matrix = Float64Array.of(4, 1, 0, 1, 3, 1, 0, 1, 2);
  const x = solve(matrix, Float64Array.of(1, 2, 3));
  for (const [i, value] of times(matrix, x).entries()) t.ok(Math.abs(value - (i + 1)) < 1e-12);
  for (const [i, value] of times(inverse(matrix, 3), Float64Array.of(1, 2, 3)).entries()) {
    t.ok(Math.abs(value - (x[i] ?? 0)) < 1e-12);
  }
});
