import type { CommonState, PersonState, Priors } from "./state.ts";

/** Events of a person that make a lesson; a longer history makes one more at each doubling up to the last. */
export const LESSON_EVENTS: readonly number[] = [10, 20, 40, 80];
/** How far one lesson moves the common mean towards the person's. */
export const STEP = 0.02;
/** Lessons after which new people start with what was learned. */
export const LESSONS_TO_PUBLISH = 50;

/**
 * Reptile (Nichol, Achiam, Schulman, "On First-Order Meta-Learning Algorithms", 2018): after a person's few events taught
 * their own coefficients, the common ones move a little way there: μ₀ ← μ₀ + ε (μ_person − μ₀). The covariance stays.
 * It moves aside (`moving`), and people start with it when it is published through the log.
 */
export function teach(common: CommonState, person: PersonState): CommonState {
  if (!LESSON_EVENTS.includes(person.eventCount)) return common;
  const moving = { ...common.moving };
  let taught = false;
  for (const [layout, prior] of Object.entries(common.priors)) {
    const belief = Object.hasOwn(person.beliefs, layout) ? person.beliefs[layout] : undefined;
    if (belief === undefined || belief.comparisons === 0) continue;
    const from = Object.hasOwn(moving, layout) ? moving[layout]! : prior.mean;
    moving[layout] = from.map((value, i) => value + STEP * ((belief.mean[i] as number) - value));
    taught = true;
  }
  return taught ? { ...common, moving, lessons: common.lessons + 1 } : common;
}

/** The priors with the means that have moved; undefined as long as too little was learned to say so. */
export function toPublish(common: CommonState): Priors | undefined {
  if (common.lessons < LESSONS_TO_PUBLISH) return undefined;
  return Object.fromEntries(
    Object.entries(common.priors).map(([layout, prior]) => {
      const mean = Object.hasOwn(common.moving, layout) ? common.moving[layout]! : prior.mean;
      return [layout, { mean, covariance: prior.covariance }];
    }),
  );
}
