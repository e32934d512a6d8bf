import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ItemSchema } from "../../gen/flashfit/index/v1/index_pb.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import type { StoredItem } from "./item.ts";

export function itemMessage({ embeddings, tags, ...rest }: StoredItem): MessageInitShape<typeof ItemSchema> {
  return {
    ...rest,
    tags: [...tags],
    embeddings: embeddings.map((one) => ({ ...one, vector: bytesFromFloats(one.vector) })),
  };
}
