import { callUnaryMethod, createConnectQueryKey } from "@connectrpc/connect-query";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { FusionService } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { type App, useApp } from "../app.ts";
import { PHOTO_QUERY } from "./garment-lists.ts";

const { recommend } = FusionService.method;

/** What a recommendation is for. */
export type Wanted =
  | { case: "itemId"; value: string }
  | { case: "text"; value: string }
  /** A photo that was picked, with its key on this page. */
  | { case: "photo"; value: File; key: string };

/** The best `k` garments for it. A longer list of the same shows the shorter one until it is there. */
export function useRecommendation(wanted: Wanted, k: number) {
  const { person, transport } = useApp();
  return useQuery({
    queryKey: keyOf(wanted, k, { person, transport }),
    async queryFn({ signal }) {
      const query = wanted.case === "photo" ? { case: wanted.case, value: await bytesOf(wanted.value) } : wanted;
      return callUnaryMethod(transport, recommend, { query, userId: person, k }, { signal });
    },
    placeholderData: keepPreviousData,
  });
}

function keyOf(wanted: Wanted, k: number, { person, transport }: Pick<App, "person" | "transport">) {
  if (wanted.case === "photo") return [PHOTO_QUERY, wanted.key, person, k] as const;
  const input = { query: wanted, userId: person, k };
  return createConnectQueryKey({ schema: recommend, input, transport, cardinality: "finite" });
}

async function bytesOf(file: File): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.arrayBuffer());
}
