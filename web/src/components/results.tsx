import { useState } from "react";
import type { RecommendResponse } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { useOpinions } from "../api/profile.ts";
import { useRecommendation, type Wanted } from "../api/recommendation.ts";
import { countWords } from "../state/words.ts";
import { EmptyResults } from "./empty-results.tsx";
import { ErrorPanel } from "./error-panel.tsx";
import { FusionLine, LeftOut } from "./fusion-line.tsx";
import { MoreButton } from "./more-button.tsx";
import { ResultList } from "./result-list.tsx";
import { ResultSkeletons } from "./result-skeletons.tsx";

const FIRST = 12;
/** The server's limit. */
const MOST = 100;

/** What is recommended for something: the list, or why there is none. */
export function Results({ wanted, compact = false, children }: ResultsProps) {
  const [k, setK] = useState(FIRST);
  const { data, error, isFetching, isPlaceholderData, refetch } = useRecommendation(wanted, k);
  const opinionOf = useOpinions();

  if (data === undefined) {
    if (error === null) return <ResultSkeletons compact={compact} />;
    return (
      <div className="mt-8">
        <ErrorPanel what="There is no recommendation" error={error} onRetry={() => void refetch()} />
      </div>
    );
  }
  const items = data.items.filter(({ id }) => opinionOf(id) !== "skip");
  const updating = isFetching && !isPlaceholderData;
  return (
    <>
      {children?.(data)}
      <LeftOut degraded={data.degraded} />
      <p className="sr-only" aria-live="polite">
        {updating ? "" : countWords(items.length, "garment")}
      </p>
      {!compact && <h2 className="sr-only">Found</h2>}
      {items.length === 0 ? (
        <EmptyResults updating={updating} />
      ) : (
        <ResultList answer={data} items={items} opinionOf={opinionOf} compact={compact} />
      )}
      {error !== null && (
        <div className="mt-8">
          <ErrorPanel what="The order may be old" error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {data.items.length >= k && k < MOST && (
        <MoreButton label="Show more" busy={isPlaceholderData} onClick={() => setK(Math.min(k * 2, MOST))} />
      )}
      <FusionLine answer={data} updating={updating} />
    </>
  );
}

interface ResultsProps {
  wanted: Wanted;
  /** There is something beside it. */
  compact?: boolean;
  /** What else the answer says, above the list. */
  children?: (answer: RecommendResponse) => React.ReactNode;
}
