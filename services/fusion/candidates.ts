import { Code, ConnectError } from "@connectrpc/connect";
import type { NeighbourList } from "../../gen/flashfit/index/v1/index_pb.ts";
import { unavailable } from "../kit/errors.ts";
import { type GarmentFilter, indexFilter, isWhole } from "./filters.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import { askIndex, type Upstreams } from "./upstreams.ts";

/** What one model's index found. */
export interface CandidateList {
  model: string;
  /** Item id to cosine similarity, best first. */
  found: Map<string, number>;
}

export interface Candidates {
  lists: CandidateList[];
  /** "index:blip_fashion": there is no such index; "index:behind": it did not catch up with `minSeq` in time. */
  degraded: string[];
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
  /** How many garments are asked for in the end. */
  k: number;
  /** The change that the Index should have applied. */
  minSeq: bigint;
  /** How long the Index may take to get there, in milliseconds, before it is asked for what it has. */
  catchUpMs: number;
}

/** How many neighbours of each probe are fused for an answer of k: enough that a garment that one model ranks low is still seen. */
export function candidatesFor(k: number, filter?: GarmentFilter): number {
  const wanted = Math.max(50, 3 * k);
  return Math.min(1000, filter === undefined || isWhole(filter) ? wanted : 4 * wanted);
}

/** Nearest neighbours by every model, in one call. Errors: UNAVAILABLE if there is no index for any of them. */
export async function findCandidates(index: Upstreams["index"], query: CandidateQuery): Promise<Candidates> {
  const degraded: string[] = [];
  let probes = query.probes;
  let minSeq = query.minSeq;
  for (;;) {
    try {
      const { results } = await search(index, { ...query, probes, minSeq });
      return { lists: listsOf(probes, results), degraded };
    } catch (error) {
      // Each of these happens once at most: what was missing is not asked for again.
      if (ConnectError.from(error).code === Code.DeadlineExceeded && minSeq > 0n) {
        minSeq = 0n;
        degraded.push("index:behind");
      } else if (ConnectError.from(error).code === Code.NotFound) {
        const { there, absent } = await present(index, probes);
        if (absent.length === 0) throw error;
        probes = there;
        degraded.push(...absent.map((name) => `index:${name}`));
      } else {
        throw error;
      }
    }
  }
}

function search(index: Upstreams["index"], { probes, filter, exclude, k, minSeq, catchUpMs }: CandidateQuery) {
  const queries = probes.map(({ model, vector }) => ({ index: indexOf(model), vector }));
  const options = minSeq > 0n ? { timeoutMs: catchUpMs } : {};
  const request = { queries, k: candidatesFor(k, filter), filter: indexFilter(filter, exclude.slice(0, 1000)), minSeq };
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
