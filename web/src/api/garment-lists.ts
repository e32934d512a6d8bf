import { create } from "@bufbuild/protobuf";
import { createConnectQueryKey } from "@connectrpc/connect-query";
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { FusionService } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import {
  type Garment,
  type ListGarmentsResponse,
  ListGarmentsResponseSchema,
  WardrobeService,
} from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";

/** The start of the key of recommendations for a photo: its bytes are no key. */
export const PHOTO_QUERY = "recommend-for-photo";

const lists = createConnectQueryKey({ schema: WardrobeService.method.listGarments, cardinality: "infinite" });

type Pages = InfiniteData<ListGarmentsResponse>;

/** How many garments a page of a list has. */
export const LIST_PAGE = 48;
export const CATALOGUE_PAGE = 12;

/** Puts a new garment in front of its owner's list, and takes it from no other. */
export function withGarment(pages: Pages, garment: Garment): Pages {
  const known = pages.pages.some(({ garments }) => garments.some(({ id }) => id === garment.id));
  const [first, ...rest] = pages.pages;
  if (known || first === undefined) return pages;
  const { nextPageToken, total } = first;
  const front = { garments: [garment, ...first.garments], nextPageToken, total: total + 1n };
  return { ...pages, pages: [create(ListGarmentsResponseSchema, front), ...rest] };
}

/** Takes a garment out of a list. */
export function withoutGarment(pages: Pages, id: string): Pages {
  return {
    ...pages,
    pages: pages.pages.map(({ garments, nextPageToken, total }) => {
      const left = garments.filter((garment) => garment.id !== id);
      const fewer = BigInt(garments.length - left.length);
      return create(ListGarmentsResponseSchema, { garments: left, nextPageToken, total: total - fewer });
    }),
  };
}

/** Shows a garment in its owner's list without asking the server again. */
export function garmentAdded(queries: QueryClient, garment: Garment): void {
  queries.setQueriesData<Pages>(
    { queryKey: lists, predicate: ({ queryKey }) => ownerOf(queryKey) === garment.ownerId },
    (pages) => pages && withGarment(pages, garment),
  );
  recommendAnew(queries);
}

/** Forgets a garment everywhere. */
export function garmentDeleted(queries: QueryClient, id: string): void {
  queries.setQueriesData<Pages>({ queryKey: lists }, (pages) => pages && withoutGarment(pages, id));
  recommendAnew(queries);
}

/** Every recommendation is asked for again: those that are shown at once, the others when they are. */
export function recommendAnew(queries: QueryClient): void {
  const queryKey = createConnectQueryKey({ schema: FusionService.method.recommend, cardinality: undefined });
  void queries.invalidateQueries({ queryKey });
  void queries.invalidateQueries({ queryKey: [PHOTO_QUERY] });
}

/** The owner whose garments the query of this key lists; the catalogue's has none. */
function ownerOf(queryKey: readonly unknown[]): string {
  const { input } = queryKey[1] as { input?: { ownerId?: string } };
  return input?.ownerId ?? "";
}
