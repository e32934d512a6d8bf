import type { Garment } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { capital, garmentName } from "../state/words.ts";
import { GarmentPhoto } from "./garment-photo.tsx";
import { BinIcon, CheckIcon } from "./icons.tsx";
import { Link } from "./link.tsx";

/** A garment in a grid; it leads to what goes with it. */
export function GarmentTile({ garment, added = false, onDelete }: GarmentTileProps) {
  const name = garmentName(garment);
  return (
    <li className="group relative" data-garment={garment.id}>
      <Link to={{ page: "item", id: garment.id }} className="block rounded-sm">
        <div className="overflow-hidden bg-well">
          <div className="motion-safe:transition-transform duration-500 group-hover:scale-[1.02]">
            <GarmentPhoto id={garment.id} alt={garment.caption || name} />
          </div>
        </div>
        <p className="mt-3 flex flex-wrap items-baseline gap-x-2 leading-snug">
          <span className="font-medium">{capital(garment.category) || "Garment"}</span>
          <span className="text-muted">{garment.colour}</span>
        </p>
        <p className="mt-0.5 line-clamp-2 text-muted text-sm">{capital(garment.caption)}</p>
      </Link>
      {added && (
        <p className="pointer-events-none absolute top-2 left-2 flex items-center gap-1 rounded-full bg-surface py-1 pr-3 pl-2 text-xs">
          <CheckIcon /> Added
        </p>
      )}
      {onDelete && (
        <button
          type="button"
          onClick={onDelete}
          title="Delete"
          className="round absolute top-2 right-2 border-transparent pointer-coarse:hidden motion-safe:transition-opacity pointer-fine:opacity-0 focus-visible:opacity-100 group-focus-within:opacity-100 group-hover:opacity-100"
        >
          <span className="sr-only">Delete {name}</span>
          <BinIcon />
        </button>
      )}
    </li>
  );
}

interface GarmentTileProps {
  garment: Garment;
  /** It came a moment ago. */
  added?: boolean;
  /** Own garments can be deleted: here with a mouse or the keyboard, by touch on their page. */
  onDelete?: () => void;
}
