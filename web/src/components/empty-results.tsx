import { useQuery } from "@connectrpc/connect-query";
import { WardrobeService } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { Link } from "./link.tsx";

/** Nothing is recommended: why, and what helps. */
export function EmptyResults({ updating }: { updating: boolean }) {
  const { data } = useQuery(WardrobeService.method.listGarments, { pageSize: 1 });
  if (updating || data === undefined) return <p className="mt-8 text-muted">Looking for others…</p>;
  if (data.total === 0n) return <EmptyCatalogue />;
  return (
    <div className="mt-8 max-w-xl">
      <p className="font-display text-2xl">Nothing is left to show</p>
      <p className="mt-2 text-muted">
        You skipped what was found here. Try other words, or{" "}
        <Link to={{ page: "wardrobe" }} className="quiet text-ink">
          start from another garment
        </Link>
        .
      </p>
    </div>
  );
}

/** The catalogue has no garments: only an operator can help. */
export function EmptyCatalogue() {
  return (
    <div className="mt-8 max-w-xl">
      <p className="font-display text-2xl">The catalogue is empty</p>
      <p className="mt-2 text-muted">Only your own garments can be found. Ask your operator to fill it, or run:</p>
      <pre className="mt-3 overflow-x-auto bg-well px-4 py-3 font-mono text-sm">npm run flashfit -- seed --sample</pre>
    </div>
  );
}
