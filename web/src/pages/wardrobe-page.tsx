import { useEffect, useState } from "react";
import type { Garment } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { LIST_PAGE } from "../api/garment-lists.ts";
import { useGarments } from "../api/garments.ts";
import { useApp } from "../app.ts";
import { AddPhotos } from "../components/add-photos.tsx";
import { Catalogue } from "../components/catalogue.tsx";
import { DeleteDialog } from "../components/delete-dialog.tsx";
import { EmptyWardrobe } from "../components/empty-wardrobe.tsx";
import { ErrorPanel } from "../components/error-panel.tsx";
import { GarmentTile } from "../components/garment-tile.tsx";
import { MoreButton } from "../components/more-button.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { TileGrid, TileSkeletons } from "../components/tile-grid.tsx";
import { UploadBar } from "../components/upload-bar.tsx";
import { UploadTile } from "../components/upload-tile.tsx";
import { useStore } from "../state/use-store.ts";
import { countWords } from "../state/words.ts";

/** The person's garments, the photos that are being added, and the catalogue below. */
export function WardrobePage() {
  const { person, uploads } = useApp();
  const sent = useStore(uploads);
  const list = useGarments(person, LIST_PAGE);
  const [deleting, setDeleting] = useState<Garment>();
  useEffect(() => () => uploads.forgetDone(), [uploads]); // the next visit shows them as all others

  // A new garment is in the list already; its upload only marks it.
  const news = new Set(
    sent.flatMap(({ state }) => (state.kind === "done" && !state.existed ? [state.garment.id] : [])),
  );
  const shown = sent.filter(({ state }) => state.kind !== "done" || state.existed);
  const garments = list.garments ?? [];
  const empty = list.garments !== undefined && garments.length + shown.length === 0;

  return (
    <>
      <PageHeading
        title="Your wardrobe"
        aside={
          !empty && (
            <div className="flex items-center gap-5">
              {!!list.total && <p className="text-muted">{countWords(list.total, "garment")}</p>}
              <AddPhotos />
            </div>
          )
        }
      />
      <UploadBar />
      {empty && <EmptyWardrobe />}
      {list.garments === undefined && list.error !== null && (
        <div className="mt-10">
          <ErrorPanel what="Your wardrobe could not be read" error={list.error} onRetry={() => void list.refetch()} />
        </div>
      )}
      {(garments.length > 0 || shown.length > 0) && (
        <TileGrid label="Your garments">
          {shown.map((upload) => (
            <UploadTile key={upload.key} upload={upload} />
          ))}
          {garments.map((garment) => (
            <GarmentTile
              key={garment.id}
              garment={garment}
              added={news.has(garment.id)}
              onDelete={() => setDeleting(garment)}
            />
          ))}
        </TileGrid>
      )}
      {list.garments === undefined && list.error === null && <TileSkeletons count={8} />}
      {list.hasNextPage && (
        <MoreButton label="Show more" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} />
      )}
      <Catalogue />
      {deleting && <DeleteDialog garment={deleting} onClose={() => setDeleting(undefined)} />}
    </>
  );
}
