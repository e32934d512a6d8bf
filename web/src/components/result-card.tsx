import type { RecommendedItem } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import type { Axis } from "../state/axis.ts";
import type { Opinion } from "../state/opinions.ts";
import { capital, garmentName } from "../state/words.ts";
import { GarmentPhoto } from "./garment-photo.tsx";
import { Link } from "./link.tsx";
import { OpinionButtons } from "./opinion-buttons.tsx";
import { ScoreBars } from "./score-bars.tsx";

/** A recommended garment: its photo, why it is here, what each model says, and what the person says. */
export function ResultCard({ item, models, axis, opinion, onChoose }: ResultCardProps) {
  const name = garmentName(item);
  return (
    <li data-garment={item.id} className="arrive">
      <article className="grid grid-cols-[8.5rem_1fr] gap-x-4 sm:block" aria-label={name}>
        <div className="relative">
          <Link to={{ page: "item", id: item.id }} label={`${name}: what goes with it`} className="block rounded-sm">
            <GarmentPhoto id={item.id} alt={item.caption || name} />
          </Link>
          {item.owned && (
            <p className="pointer-events-none absolute top-2 left-2 rounded-full bg-surface px-2.5 py-1 text-xs">
              Yours
            </p>
          )}
        </div>
        <div className="min-w-0">
          <div className="flex flex-wrap items-start justify-between gap-x-3 gap-y-2 sm:mt-4 sm:flex-nowrap">
            <div className="min-w-0">
              <h3 className="flex flex-wrap items-baseline gap-x-2 leading-snug">
                <span className="font-medium">{capital(item.category) || "Garment"}</span>
                <span className="text-muted">{item.colour}</span>
              </h3>
              <p className="mt-0.5 text-muted text-sm">{capital(item.caption)}</p>
            </div>
            <OpinionButtons name={name} opinion={opinion} onChoose={onChoose} />
          </div>
          <div className="mt-3">
            <ScoreBars models={models} scores={item.scores} axis={axis} />
          </div>
        </div>
        <p className="col-span-2 mt-3 text-pretty text-muted text-sm leading-snug">{capital(item.reason)}.</p>
      </article>
    </li>
  );
}

interface ResultCardProps {
  item: RecommendedItem;
  models: readonly string[];
  axis: Axis;
  opinion: Opinion | undefined;
  onChoose: (opinion: Opinion) => void;
}
