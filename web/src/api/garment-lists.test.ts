import { create } from "@bufbuild/protobuf";
import { createConnectQueryKey } from "@connectrpc/connect-query";
import { type InfiniteData, QueryClient } from "@tanstack/react-query";
import t from "tap";
import {
  GarmentSchema,
  type ListGarmentsResponse,
  ListGarmentsResponseSchema,
  WardrobeService,
} from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { garmentAdded, garmentDeleted, withGarment, withoutGarment } from "./garment-lists.ts";

const garment = (id: string, ownerId = "") => create(GarmentSchema, { id, ownerId });

function pagesOf(...pages: string[][]): InfiniteData<ListGarmentsResponse> {
  const total = BigInt(pages.flat().length);
  return {
    pageParams: pages.map((_, i) => String(i)),
    pages: pages.map((ids) =>
      create(ListGarmentsResponseSchema, { garments: ids.map((id) => garment(id)), nextPageToken: "t", total }),
    ),
  };
}

const idsOf = (pages: InfiniteData<ListGarmentsResponse> | undefined) =>
  pages?.pages.map(({ garments }) => garments.map(({ id }) => id));

t.test("a new garment is in front, once", async (t) => {
  const added = withGarment(pagesOf(["a"], ["b"]), garment("c"));
  t.same(idsOf(added), [["c", "a"], ["b"]]);
  t.equal(added.pages[0]?.total, 3n);
  t.same(idsOf(withGarment(added, garment("b"))), [["c", "a"], ["b"]]);
});

t.test("a garment that is gone is on no page", async (t) => {
  const left = withoutGarment(pagesOf(["a", "b"], ["c"]), "a");
  t.same(idsOf(left), [["b"], ["c"]]);
  t.equal(left.pages[0]?.total, 2n);
});

t.test("the cache keeps people's lists apart", async (t) => {
  const queries = new QueryClient();
  const keyOf = (ownerId: string) =>
    createConnectQueryKey({
      schema: WardrobeService.method.listGarments,
      cardinality: "infinite",
      input: { ownerId, pageSize: 48 },
      pageParamKey: "pageToken",
    });
  const [catalogue, ada] = [keyOf(""), keyOf("ada")];
  queries.setQueryData(catalogue, pagesOf(["x"]));
  queries.setQueryData(ada, pagesOf(["a"]));
  garmentAdded(queries, garment("b", "ada"));
  t.same(idsOf(queries.getQueryData(ada)), [["b", "a"]]);
  t.same(idsOf(queries.getQueryData(catalogue)), [["x"]]);
  garmentDeleted(queries, "a");
  t.same(idsOf(queries.getQueryData(ada)), [["b"]]);
  queries.clear();
});
