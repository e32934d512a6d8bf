import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { CompactRequest, CompactResponseSchema } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { unavailable } from "../../kit/errors.ts";
import { requireIndex } from "../search/query.ts";
import type { ItemStore, ModelIndex } from "../store.ts";
import { ticking } from "./ticking.ts";

/** Time between two messages about how far it is. */
const REPORT_MS = 250;

/** Answers Compact. */
export function createCompact(store: ItemStore, nowMs: () => number = () => performance.now()) {
  return async function* ({ index }: CompactRequest, { signal }: Pick<HandlerContext, "signal">) {
    const chosen = index ? [requireIndex(store, index)] : store.indexes;
    for (const one of chosen) yield* compact(one, signal, nowMs);
  };
}

async function* compact(
  { name, vectors }: ModelIndex,
  signal: AbortSignal,
  nowMs: () => number,
): AsyncGenerator<MessageInitShape<typeof CompactResponseSchema>> {
  const began = nowMs();
  const before = vectors?.tombstones ?? 0;
  if (vectors) {
    const rebuilt = vectors.rebuild().catch((error: Error) => {
      throw unavailable(`index "${name}" stays as it was: ${error.message}`, error);
    });
    for await (const _ of ticking(rebuilt, REPORT_MS, signal)) {
      const { phase, done, total } = vectors.rebuildState;
      yield { index: name, phase, done: BigInt(done), total: BigInt(total) };
    }
  }
  const result = {
    dropped: BigInt(Math.max(0, before - (vectors?.tombstones ?? 0))),
    vectorCount: BigInt(vectors?.count ?? 0),
    memoryBytes: BigInt(vectors?.memoryBytes ?? 0),
    factory: vectors?.factory ?? "",
    tookMs: BigInt(Math.round(nowMs() - began)),
  };
  yield { index: name, phase: "idle", result };
}
