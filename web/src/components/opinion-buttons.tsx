import type { Opinion } from "../state/opinions.ts";
import { CrossIcon, HeartIcon } from "./icons.tsx";

/** Like or skip; choosing the other one takes the first back. */
export function OpinionButtons({ name, opinion, onChoose }: OpinionButtonsProps) {
  const liked = opinion === "like";
  return (
    <div className="flex gap-2">
      <button
        type="button"
        className="round"
        aria-pressed={liked}
        title={liked ? "Liked" : "Like"}
        onClick={() => !liked && onChoose("like")}
      >
        <span className="sr-only">Like {name}</span>
        <HeartIcon filled={liked} />
      </button>
      <button type="button" className="round" title="Skip" data-skip onClick={() => onChoose("skip")}>
        <span className="sr-only">Skip {name}</span>
        <CrossIcon />
      </button>
    </div>
  );
}

interface OpinionButtonsProps {
  /** What the garment is called. */
  name: string;
  opinion: Opinion | undefined;
  onChoose: (opinion: Opinion) => void;
}
