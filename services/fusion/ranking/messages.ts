import type { Belief, CommonLearning, Profile } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { Gaussian, RankCommon, RankPerson } from "./rank-types.ts";

/** What ranking needs of a profile; a belief that has no covariance gets the prior's. */
export function personOf(profile: Profile, common: RankCommon | undefined): RankPerson {
  return {
    eventCount: Number(profile.eventCount),
    beliefs: gaussians(profile.beliefs, common?.priors),
    categoryAffinity: new Map(Object.entries(profile.categoryAffinity)),
    colourAffinity: new Map(Object.entries(profile.colourAffinity)),
    itemWeights: new Map(profile.itemWeights.map(({ itemId, weight }) => [itemId, weight])),
  };
}

/** What ranking needs of what was learned of everybody. */
export function commonOf(common: CommonLearning): RankCommon {
  const convex = common.policies.find(({ name }) => name === "convex");
  return {
    priors: gaussians(common.priors),
    convexWeights: new Map(Object.entries(convex?.weights ?? {})),
    popularity: new Map(Object.entries(common.popularity)),
  };
}

/** Beliefs whose lengths do not fit together are left out: what cannot be read is not believed. */
function gaussians(beliefs: readonly Belief[], priors?: ReadonlyMap<string, Gaussian>): Map<string, Gaussian> {
  const read = beliefs.flatMap(({ layout, mean: means, covariance: bytes }): [string, Gaussian][] => {
    const mean = doubles(means);
    const covariance = bytes.byteLength > 0 ? doubles(bytes) : priors?.get(layout)?.covariance;
    return covariance?.length === mean.length ** 2 ? [[layout, { mean, covariance }]] : [];
  });
  return new Map(read);
}

/** float64 little-endian, copied, so that they are aligned. */
function doubles(bytes: Uint8Array): Float64Array {
  return new Float64Array(new Uint8Array(bytes).buffer.slice(0, bytes.byteLength - (bytes.byteLength % 8)));
}
