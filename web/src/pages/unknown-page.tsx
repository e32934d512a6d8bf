import { Link } from "../components/link.tsx";
import { PageHeading } from "../components/page-heading.tsx";

/** An address that leads nowhere. */
export function UnknownPage({ path }: { path: string }) {
  return (
    <>
      <PageHeading title="There is no such page" />
      <p className="mt-4 break-all text-muted">{path}</p>
      <div className="mt-8">
        <Link to={{ page: "wardrobe" }} className="button">
          To your wardrobe
        </Link>
      </div>
    </>
  );
}
