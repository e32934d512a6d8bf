import { xorshift } from "../../bench/onnx/random-weights.ts";

/** Seeded chance. */
export interface Chance {
  /** In (0, 1). */
  uniform(): number;
  /** One of them. */
  pick<T>(items: readonly T[]): T;
  /** Standard Gumbel: the highest of scores with it added is drawn with probability ∝ exp(score). */
  gumbel(): number;
}

export function chanceOf(seed: number): Chance {
  const next = xorshift(seed * 2_654_435_761 + 1);
  for (let i = 0; i < 16; i++) next();
  const uniform = () => next() / 2 ** 32;
  return {
    uniform,
    pick(items) {
      const item = items[Math.floor(uniform() * items.length)];
      if (item === undefined) throw new RangeError("expected something to pick from, got nothing");
      return item;
    },
    gumbel: () => -Math.log(-Math.log(uniform())),
  };
}
