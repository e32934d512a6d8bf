import { useInfiniteQuery } from "@connectrpc/connect-query";
import { WardrobeService } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";

/** Pages of one owner's garments; an empty owner is the catalogue. */
export function useGarments(ownerId: string, pageSize: number) {
  const list = useInfiniteQuery(
    WardrobeService.method.listGarments,
    { ownerId, pageSize, pageToken: "" },
    { pageParamKey: "pageToken", getNextPageParam: ({ nextPageToken }) => nextPageToken || undefined },
  );
  const pages = list.data?.pages;
  return { ...list, garments: pages?.flatMap(({ garments }) => garments), total: pages?.[0]?.total };
}
