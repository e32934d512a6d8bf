import { CATALOGUE_PAGE } from "../api/garment-lists.ts";
import { useGarments } from "../api/garments.ts";
import { countWords } from "../state/words.ts";
import { EmptyCatalogue } from "./empty-results.tsx";
import { ErrorPanel } from "./error-panel.tsx";
import { GarmentTile } from "./garment-tile.tsx";
import { MoreButton } from "./more-button.tsx";
import { TileGrid, TileSkeletons } from "./tile-grid.tsx";

/** Everybody's garments. */
export function Catalogue() {
  const { garments, total, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useGarments(
    "",
    CATALOGUE_PAGE,
  );
  return (
    <section aria-labelledby="catalogue" className="mt-24">
      <div className="flex flex-wrap items-baseline justify-between gap-x-6 border-line border-t pt-6">
        <h2 id="catalogue" className="font-display text-3xl tracking-tight">
          From the catalogue
        </h2>
        {total !== undefined && total > 0n && <p className="text-muted text-sm">{countWords(total, "garment")}</p>}
      </div>
      {garments === undefined && error === null && <TileSkeletons count={4} />}
      {garments === undefined && error !== null && (
        <div className="mt-8">
          <ErrorPanel what="The catalogue could not be read" error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {garments?.length === 0 && <EmptyCatalogue />}
      {garments !== undefined && garments.length > 0 && (
        <TileGrid label="Catalogue">
          {garments.map((garment) => (
            <GarmentTile key={garment.id} garment={garment} />
          ))}
        </TileGrid>
      )}
      {hasNextPage && <MoreButton label="Show more" busy={isFetchingNextPage} onClick={() => void fetchNextPage()} />}
    </section>
  );
}
