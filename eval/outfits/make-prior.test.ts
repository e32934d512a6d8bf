import t from "tap";
import { DEFAULT_PRIORS } from "../../services/feedback/learning/default-priors.ts";
import { LAYOUT } from "../../services/fusion/outfits/layout.ts";
import { PRIOR } from "../../services/fusion/outfits/prior.ts";
import { priorFile } from "./make-prior.ts";

t.test("Feedback learns outfits from the prior that Fusion starts with", async (t) => {
  const prior = DEFAULT_PRIORS[LAYOUT];
  t.same([...(prior?.mean ?? [])], [...PRIOR.mean], "run node eval/outfits/make-prior.ts");
  const covariance = prior?.covariance ?? new Float64Array();
  t.ok(covariance.length === PRIOR.covariance.length);
  t.ok(covariance.every((value, i) => Math.abs(value - (PRIOR.covariance[i] ?? 0)) < 1e-6));
  t.equal(priorFile().covariance.length, (PRIOR.mean.length * (PRIOR.mean.length + 1)) / 2);
});
