import type { Scenario } from "./simulate.ts";

/** Draws of which the mesh makes the propensities of a policy that samples. */
const DRAWS = 64;

/** `judged`: it keeps the assumptions, so its intervals have to hold the truth. */
export const scenarios: (Scenario & { judged: boolean })[] = [
  {
    name: "rollout: baseline, convex and adaptive side by side; worth of adaptive",
    loggers: { baseline: 0.4, convex: 0.2, adaptive: 0.4 },
    target: "adaptive",
    recommendations: 500,
    judged: true,
  },
  {
    name: "rollout; worth of baseline",
    loggers: { baseline: 0.2, convex: 0.2, adaptive: 0.6 },
    target: "baseline",
    recommendations: 500,
    judged: true,
  },
  {
    name: "adaptive alone; worth of convex",
    loggers: { adaptive: 1 },
    target: "convex",
    recommendations: 500,
    judged: true,
  },
  {
    name: "nearly by chance; worth of adaptive, few recommendations",
    loggers: { curious: 1 },
    target: "adaptive",
    recommendations: 150,
    judged: true,
  },
  {
    name: "rollout, propensities of 64 draws; worth of adaptive",
    loggers: { baseline: 0.4, convex: 0.2, adaptive: 0.4 },
    target: "adaptive",
    recommendations: 500,
    propensityDraws: DRAWS,
    judged: true,
  },
  {
    name: "rollout without expected features; worth of convex",
    loggers: { baseline: 0.4, adaptive: 0.6 },
    target: "convex",
    recommendations: 500,
    withoutExpected: true,
    judged: true,
  },
  {
    name: "adaptive alone, propensities of 64 draws; worth of convex",
    loggers: { adaptive: 1 },
    target: "convex",
    recommendations: 500,
    propensityDraws: DRAWS,
    judged: false,
  },
  {
    name: "people stop at their first answer, which the item-position model does not know; worth of convex",
    loggers: { adaptive: 1 },
    target: "convex",
    recommendations: 500,
    cascade: true,
    judged: false,
  },
];
