import type { RecommendResponse } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { axisFor } from "../state/axis.ts";
import { fusionWords, leftOutWords, listWords } from "../state/words.ts";

/** How the order came about, in small print. */
export function FusionLine({ answer: { policy, weights, items }, updating }: FusionLineProps) {
  const { from } = axisFor(items.flatMap(({ scores }) => Object.values(scores)));
  if (Object.keys(weights).length === 0) return null;
  return (
    <p className="mt-14 max-w-3xl border-line border-t pt-4 text-muted text-xs leading-relaxed">
      Ordered by {fusionWords(policy, weights)}. Bars are cosine similarities on an axis from {from === 0 ? "0" : "−1"}{" "}
      to 1. {updating && "The order is being updated…"}
    </p>
  );
}

interface FusionLineProps {
  answer: RecommendResponse;
  /** A newer answer is on its way. */
  updating: boolean;
}

/** Says plainly what an answer had to do without. */
export function LeftOut({ degraded }: { degraded: readonly string[] }) {
  if (degraded.length === 0) return null;
  return (
    <p role="status" className="mt-6 bg-accent-soft px-5 py-3 text-sm">
      Answered without {listWords(leftOutWords(degraded))}: a part of FlashFit is away, so the order may be less good
      than usual.
    </p>
  );
}
