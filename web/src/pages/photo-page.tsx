import { useApp } from "../app.ts";
import { PageHeading } from "../components/page-heading.tsx";
import { Results } from "../components/results.tsx";
import { useObjectUrl } from "../components/use-object-url.ts";
import { listWords } from "../state/words.ts";

/** What is found for a photo that was picked. */
export function PhotoPage({ photoKey }: { photoKey: string }) {
  const { photoQueries } = useApp();
  const file = photoQueries.get(photoKey);
  const url = useObjectUrl(file);
  if (file === undefined) {
    return (
      <>
        <PageHeading title="The photo is not here any more" />
        <p className="mt-4 max-w-xl text-muted">
          Photos that you search with are not kept. Pick it again with the camera in the search box.
        </p>
      </>
    );
  }
  return (
    <>
      <div className="flex items-center gap-6">
        {url && <img src={url} alt={file.name} className="size-28 shrink-0 bg-well object-cover sm:size-36" />}
        <PageHeading title="Like your photo" />
      </div>
      <Results wanted={{ case: "photo", value: file, key: photoKey }}>
        {({ understanding }) =>
          understanding && (
            <p className="mt-6 text-muted">
              Seen in it:{" "}
              {listWords([understanding.category, understanding.colour, understanding.caption].filter(Boolean)) ||
                "nothing that has a name here"}
            </p>
          )
        }
      </Results>
    </>
  );
}
