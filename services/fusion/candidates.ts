import { Code, ConnectError } from "@connectrpc/connect";
import type { NeighbourList } from "../../gen/flashfit/index/v1/index_pb.ts";
import { unavailable } from "../kit/errors.ts";
import type { Degraded } from "./degraded.ts";
import { type GarmentFilter, indexFilter, isWhole } from "./filters.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import { askIndex, type Upstreams } from "./upstreams.ts";

/** What one model's index found. */
export interface CandidateList {
  model: string;
  /** Item id to cosine similarity, best first. */
  found: Map<string, number>;
}

/** A vector to find near ones of, in the space of a model. */
export interface Probe {
  model: string;
  /** float32 little-endian. */
  vector: Uint8Array;
}

export interface CandidateQuery {
  /** 1 to 16; several of one model make one list, in which each item has its best similarity. */
  probes: readonly Probe[];
  filter: GarmentFilter;
  /** Never these. */
  exclude: readonly string[];
  /** How many neighbours of each probe should pass; where the Index cannot check all of the filter it finds four times as many. */
  limit: number;
  /** The change that the Index should have applied; default: whatever it has is good. */
  minSeq?: bigint;
  /** How long the Index may take to get there, in milliseconds, before it is asked for what it has. */
  catchUpMs?: number;
}

/** What the Index's contract allows in one search. */
const MOST_NEIGHBOURS = 1000;
const MOST_EXCLUDED = 1000;

/** How many neighbours of each probe are fused for an answer of k: enough that a garment that one model ranks low is still seen. */
export function candidatesFor(k: number): number {
  return Math.max(50, 3 * k);
}

/**
 * Nearest neighbours by every model, in one call. What is missing: "index:blip_fashion" if there is no such index,
 * "index:behind" if it did not catch up with `minSeq` in time. Errors: UNAVAILABLE if there is no index for any of the models.
 */
export async function findCandidates(
  index: Upstreams["index"],
  query: CandidateQuery,
  degraded: Degraded,
): Promise<CandidateList[]> {
  let { probes, minSeq = 0n } = query;
  for (;;) {
    try {
      const { results } = await search(index, { ...query, probes, minSeq });
      return listsOf(probes, results);
    } catch (error) {
      // Each of these happens once at most: what was missing is not asked for again.
      if (ConnectError.from(error).code === Code.DeadlineExceeded && minSeq > 0n) {
        minSeq = 0n;
        degraded.add("index:behind");
      } else if (ConnectError.from(error).code === Code.NotFound) {
        const { there, absent } = await present(index, probes);
        if (absent.length === 0) throw error;
        probes = there;
        for (const name of absent) degraded.add(`index:${name}`);
      } else {
        throw error;
      }
    }
  }
}

function search(
  index: Upstreams["index"],
  { probes, filter, exclude, limit, minSeq, catchUpMs }: CandidateQuery & { minSeq: bigint },
) {
  const queries = probes.map(({ model, vector }) => ({ index: indexOf(model), vector }));
  const k = Math.min(MOST_NEIGHBOURS, isWhole(filter) ? limit : 4 * limit);
  const options = minSeq > 0n && catchUpMs !== undefined ? { timeoutMs: catchUpMs } : {};
  const request = { queries, k, filter: indexFilter(filter, exclude.slice(0, MOST_EXCLUDED)), minSeq };
  return askIndex(() => index.search(request, options));
}

async function present(index: Upstreams["index"], probes: readonly Probe[]) {
  const { indexes } = await askIndex(() => index.listIndexes({}));
  const names = new Set(indexes.map(({ name }) => name));
  const there = probes.filter(({ model }) => names.has(indexOf(model)));
  const absent = [...new Set(probes.map(({ model }) => indexOf(model)))].filter((name) => !names.has(name));
  if (there.length === 0) throw unavailable(`no index for any of these: ${absent.join(", ")}`);
  return { there, absent };
}

function indexOf(model: string): string {
  return INDEX_OF_MODEL.get(model) ?? model;
}

/** One list a model, in the order of the probes. */
function listsOf(probes: readonly Probe[], results: readonly NeighbourList[]): CandidateList[] {
  const byModel = new Map<string, Map<string, number>>();
  probes.forEach(({ model }, at) => {
    const found = byModel.get(model) ?? new Map<string, number>();
    byModel.set(model, found);
    for (const { itemId, score } of results[at]?.neighbours ?? []) {
      if (score > (found.get(itemId) ?? Number.NEGATIVE_INFINITY)) found.set(itemId, score);
    }
  });
  return [...byModel].map(([model, found]) => ({ model, found: bestFirst(found) }));
}

/** Equal ones by id, as the Index orders them. */
function bestFirst(found: Map<string, number>): Map<string, number> {
  return new Map([...found].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}
