import type { HandlerContext } from "@connectrpc/connect";
import type { Query } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { timeLeftMs } from "../../kit/context.ts";
import { deadlineExceeded, invalidArgument, notFound } from "../../kit/errors.ts";
import { parseVector } from "../parse-items.ts";
import type { ItemStore, ModelIndex, StoreQuery } from "../store.ts";

/** How long `min_seq` is waited for when the caller set no deadline. */
const WAIT_MS = 10_000;
/** Kept of the deadline so that the answer, which says how far we are, still arrives. */
const ANSWER_MS = 20;

/** @throws NOT_FOUND that names those there are. */
export function requireIndex(store: ItemStore, name: string): ModelIndex {
  const index = store.index(name);
  if (index) return index;
  throw notFound(`no index "${name}"; there are ${store.indexes.map((one) => one.name).join(", ")}`);
}

/** @throws INVALID_ARGUMENT for a vector that is of no use in its index. `path` is the query's place in the request. */
export function parseQuery(store: ItemStore, query: Query, path: string): StoreQuery {
  const index = requireIndex(store, query.index);
  const { vectors, metric } = index;
  const field = `${path}.vector`;
  const vector = parseVector(query.vector, metric, (description) => {
    throw invalidArgument(field, description);
  });
  if (vectors && vectors.count > 0 && vectors.dimensions !== vector.length) {
    throw invalidArgument(
      field,
      `must have ${vectors.dimensions} dimensions, as ${index.name} has; got ${vector.length}`,
    );
  }
  return { index, vector };
}

/** Wait until this replica has applied `seq`. @throws DEADLINE_EXCEEDED that says how far it is. */
export async function reach(store: ItemStore, seq: bigint, signal: HandlerContext["signal"]): Promise<void> {
  if (seq <= store.applied.value) return; // as nearly always: no timers for it
  const late = AbortSignal.timeout(Math.max(1, timeLeftMs(WAIT_MS) - ANSWER_MS));
  try {
    await store.applied.reached(seq, AbortSignal.any([signal, late]));
  } catch (error) {
    if (!late.aborted) throw error;
    throw deadlineExceeded(`this replica has applied change ${store.applied.value}, not yet ${seq} (min_seq)`);
  }
}
