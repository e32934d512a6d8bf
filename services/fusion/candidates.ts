import { Code, ConnectError } from "@connectrpc/connect";
import type { Filter, NeighbourList } from "../../gen/flashfit/index/v1/index_pb.ts";
import type { Embedding } from "../../gen/flashfit/type/v1/embedding_pb.ts";
import { unavailable } from "../kit/errors.ts";
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

export interface CandidateQuery {
  embeddings: readonly Embedding[];
  filter: Pick<Filter, "ownerIds" | "categories" | "colours" | "excludeItemIds">;
  /** How many garments are asked for in the end. */
  k: number;
  /** The change that the Index should have applied. */
  minSeq: bigint;
  /** How long the Index may take to get there, in milliseconds, before it is asked for what it has. */
  catchUpMs: number;
}

/** How many neighbours of each model are fused for an answer of k: enough that a garment that one model ranks low is still seen. */
export function candidatesFor(k: number): number {
  return Math.min(1000, Math.max(50, 3 * k));
}

/** Nearest neighbours by every model, in one call. Errors: UNAVAILABLE if there is no index for any of them. */
export async function findCandidates(index: Upstreams["index"], query: CandidateQuery): Promise<Candidates> {
  const degraded: string[] = [];
  let embeddings = query.embeddings;
  let minSeq = query.minSeq;
  for (;;) {
    try {
      const { results } = await search(index, { ...query, embeddings, minSeq });
      return { lists: embeddings.map(({ model }, i) => ({ model, found: toScores(results[i]) })), degraded };
    } catch (error) {
      // Each of these happens once at most: what was missing is not asked for again.
      if (ConnectError.from(error).code === Code.DeadlineExceeded && minSeq > 0n) {
        minSeq = 0n;
        degraded.push("index:behind");
      } else if (ConnectError.from(error).code === Code.NotFound) {
        const { there, absent } = await present(index, embeddings);
        if (absent.length === 0) throw error;
        embeddings = there;
        degraded.push(...absent.map((name) => `index:${name}`));
      } else {
        throw error;
      }
    }
  }
}

function search(index: Upstreams["index"], { embeddings, filter, k, minSeq, catchUpMs }: CandidateQuery) {
  const queries = embeddings.map(({ model, vector }) => ({ index: INDEX_OF_MODEL.get(model) ?? model, vector }));
  const options = minSeq > 0n ? { timeoutMs: catchUpMs } : {};
  return askIndex(() => index.search({ queries, k: candidatesFor(k), filter, minSeq }, options));
}

async function present(index: Upstreams["index"], embeddings: readonly Embedding[]) {
  const { indexes } = await askIndex(() => index.listIndexes({}));
  const names = new Set(indexes.map(({ name }) => name));
  const nameOf = ({ model }: Embedding) => INDEX_OF_MODEL.get(model) ?? model;
  const there = embeddings.filter((embedding) => names.has(nameOf(embedding)));
  const absent = embeddings.map(nameOf).filter((name) => !names.has(name));
  if (there.length === 0) throw unavailable(`no index for any of these: ${absent.join(", ")}`);
  return { there, absent };
}

function toScores(list: NeighbourList | undefined): Map<string, number> {
  return new Map(list?.neighbours.map(({ itemId, score }) => [itemId, score]));
}
