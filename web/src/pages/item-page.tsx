import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { useState } from "react";
import { type Garment, WardrobeService } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { useApp } from "../app.ts";
import { DeleteDialog } from "../components/delete-dialog.tsx";
import { ErrorPanel } from "../components/error-panel.tsx";
import { GarmentPhoto } from "../components/garment-photo.tsx";
import { BinIcon } from "../components/icons.tsx";
import { Link } from "../components/link.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { Results } from "../components/results.tsx";
import { capital, garmentName } from "../state/words.ts";

/** One garment, and what goes with it. */
export function ItemPage({ id }: { id: string }) {
  const { person } = useApp();
  const { data, error, refetch } = useQuery(WardrobeService.method.getGarment, { id, userId: person });
  const garment = data?.garment;
  if (garment === undefined && error !== null) {
    const gone = error.code === Code.NotFound;
    return (
      <>
        <PageHeading title={gone ? "No such garment" : "One moment"} />
        <div className="mt-8">
          <ErrorPanel
            what={gone ? "It was deleted, or it is somebody else's" : "The garment could not be read"}
            error={error}
            onRetry={gone ? undefined : () => void refetch()}
          >
            <Link to={{ page: "wardrobe" }} className="button">
              To your wardrobe
            </Link>
          </ErrorPanel>
        </div>
      </>
    );
  }
  return (
    <div className="gap-x-14 lg:grid lg:grid-cols-[minmax(18rem,24rem)_1fr]">
      <div className="lg:sticky lg:top-8 lg:self-start">
        <div className="mx-auto grid grid-cols-[8.5rem_1fr] items-start gap-5 sm:grid-cols-[14rem_1fr] lg:block">
          <GarmentPhoto id={id} alt={garment ? garment.caption || garmentName(garment) : ""} whole />
          <div className="lg:mt-6">{garment ? <About garment={garment} /> : <Unknown />}</div>
        </div>
      </div>
      <section aria-labelledby="goes-with-it" className="mt-14 lg:mt-0">
        <h2 id="goes-with-it" className="font-display text-3xl tracking-tight">
          Goes with it
        </h2>
        <Results wanted={{ case: "itemId", value: id }} compact />
      </section>
    </div>
  );
}

function About({ garment }: { garment: Garment }) {
  const { router } = useApp();
  const [deleting, setDeleting] = useState(false);
  const own = garment.ownerId !== "";
  const since = garment.createdAt && timestampDate(garment.createdAt);
  return (
    <>
      <PageHeading title={capital(garment.category) || "Garment"} tab={garmentName(garment)} />
      <p className="mt-2 text-lg text-muted">{capital(garment.colour)}</p>
      {garment.caption && <p className="mt-3">{capital(garment.caption)}</p>}
      <p className="mt-3 text-muted text-sm">
        {own ? "In your wardrobe" : "In the catalogue"}
        {own && since && ` since ${since.toLocaleDateString(undefined, { dateStyle: "medium" })}`}
      </p>
      {own && (
        <button
          type="button"
          className="quiet mt-3 inline-flex min-h-11 items-center gap-2"
          onClick={() => setDeleting(true)}
        >
          <BinIcon /> Delete
        </button>
      )}
      {deleting && (
        <DeleteDialog
          garment={garment}
          onClose={() => setDeleting(false)}
          onDeleted={() => router.go({ page: "wardrobe" })}
        />
      )}
    </>
  );
}

function Unknown() {
  return (
    <div role="status">
      <p className="sr-only">The garment is being read</p>
      <div className="skeleton h-9 w-2/3" />
      <div className="skeleton mt-4 h-4 w-1/2" />
    </div>
  );
}
