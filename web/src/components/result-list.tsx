import { useRef } from "react";
import type { RecommendedItem, RecommendResponse } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { useApp } from "../app.ts";
import { axisFor } from "../state/axis.ts";
import type { Opinion } from "../state/opinions.ts";
import { garmentName, inModelOrder } from "../state/words.ts";
import { ResultCard } from "./result-card.tsx";
import { resultColumns } from "./result-skeletons.tsx";

/** The cards. What the person says is felt at once: a skipped one goes, and the focus with it to its neighbour. */
export function ResultList({ answer, items, opinionOf, compact }: ResultListProps) {
  const { opinions, notices } = useApp();
  const list = useRef<HTMLUListElement>(null);
  const models = inModelOrder([...Object.keys(answer.weights), ...items.flatMap(({ scores }) => Object.keys(scores))]);
  const axis = axisFor(items.flatMap(({ scores }) => Object.values(scores)));

  const choose = (item: RecommendedItem, opinion: Opinion) => {
    const event = { itemId: item.id, recommendationId: answer.recommendationId };
    opinions.give({ ...event, opinion });
    if (opinion === "like") return;
    const at = items.indexOf(item);
    const neighbour = items[at + 1] ?? items[at - 1];
    focusSkip(list.current, neighbour?.id);
    notices.show({
      text: `Skipped: ${garmentName(item)}.`,
      action: { label: "Like it instead", run: () => opinions.give({ ...event, opinion: "like" }) },
    });
  };

  return (
    <ul ref={list} aria-label="Recommended garments" className={resultColumns(compact)}>
      {items.map((item) => (
        <ResultCard
          key={item.id}
          item={item}
          models={models}
          axis={axis}
          opinion={opinionOf(item.id)}
          onChoose={(opinion) => choose(item, opinion)}
        />
      ))}
    </ul>
  );
}

function focusSkip(list: HTMLElement | null, id: string | undefined): void {
  if (list === null || id === undefined || !list.contains(document.activeElement)) return;
  list.querySelector<HTMLElement>(`[data-garment="${CSS.escape(id)}"] [data-skip]`)?.focus({ preventScroll: true });
}

interface ResultListProps {
  answer: RecommendResponse;
  /** Those of the answer that are shown. */
  items: RecommendedItem[];
  opinionOf: (itemId: string) => Opinion | undefined;
  compact: boolean;
}
