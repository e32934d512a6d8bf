import type { HandlerContext } from "@connectrpc/connect";
import type { BenchmarkRequest } from "../../gen/flashfit/index/v1/index_pb.ts";
import { failedPrecondition } from "../kit/errors.ts";
import { chooseItems } from "./choose-items.ts";
import { hits, lowerBound } from "./recall/recall.ts";
import { paramsOf, planMessage } from "./search/messages.ts";
import { requireIndex } from "./search/query.ts";
import type { ItemStore } from "./store.ts";
import type { Neighbour, VectorAnswer } from "./vectors/types.ts";

const QUERIES = 200;
const NEIGHBOURS = 10;
/** Messages about how far it is. */
const REPORTS = 20;

/** Answers Benchmark. */
export function createBenchmark(store: ItemStore, nowMs: () => number = () => performance.now()) {
  return async function* (request: BenchmarkRequest, { signal }: Pick<HandlerContext, "signal">) {
    const index = requireIndex(store, request.index);
    const { vectors } = index;
    if (!vectors || vectors.count < 2) {
      throw failedPrecondition(`index "${index.name}" holds ${vectors?.count ?? 0} vectors: at least 2 are needed`);
    }
    const k = request.k || NEIGHBOURS;
    const params = paramsOf(request.params);
    const ids = await chooseItems(store, index, request.queries || QUERIES, request.seed, signal);
    const every = Math.max(1, Math.ceil(ids.length / REPORTS));
    const times: number[] = [];
    let exactMs = 0;
    let found = 0;
    let possible = 0;
    let first: { answer: VectorAnswer; ms: number } | undefined;
    for (const [at, itemId] of ids.entries()) {
      signal.throwIfAborted();
      const vector = vectors.vector(itemId);
      if (vector) {
        // Its own item is found too, and left out.
        const others = ({ neighbours }: VectorAnswer): Neighbour[] =>
          neighbours.filter((one) => one.itemId !== itemId).slice(0, k);
        // One after the other, so that each is timed alone; a change in between can cost a hit.
        const began = nowMs();
        const answer = await vectors.search({ vector, k: k + 1, signal, ...(params && { params }) });
        const ms = nowMs() - began;
        const exactBegan = nowMs();
        const exact = others(await vectors.search({ vector, k: k + 1, exact: true, signal }));
        exactMs += nowMs() - exactBegan;
        times.push(ms);
        first ??= { answer, ms };
        found += hits(others(answer), exact);
        possible += exact.length;
      }
      if ((at + 1) % every === 0 && at + 1 < ids.length) yield { done: at + 1, total: ids.length };
    }
    if (!first) throw failedPrecondition(`index "${index.name}" lost its vectors meanwhile`);
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)]!;
    const result = {
      ...{ index: index.name, engine: vectors.name, queries: times.length, k, vectorCount: BigInt(vectors.count) },
      recall: possible > 0 ? found / possible : 1,
      recallLow: lowerBound(found, possible),
      ...{ p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) },
      meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
      exactMeanMs: exactMs / times.length,
      plan: planMessage(first.answer.plan, first.ms),
    };
    yield { done: ids.length, total: ids.length, result };
  };
}
