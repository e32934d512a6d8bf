import { PlanKind } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { bytesFromFloats } from "../../../services/kit/vector.ts";
import type { IndexClient } from "../support/index-process.ts";
import type { ModelItem } from "./items.ts";
import { type Asked, expected, type Found, recallOf, wrong } from "./judge.ts";
import type { SearchCall } from "./plan.ts";
import type { Items } from "./world.ts";

/** What a search was answered. */
export interface SearchAnswer {
  /** One a query; `kind`: GRAPH as soon as a graph answered any of its pages. */
  lists: { neighbours: Found[]; kind: PlanKind }[];
  /** What `neighbours` is the best of. */
  k: number;
  appliedSeq: bigint;
}

/** How much of the truth a graph's answer held. */
export interface Recall {
  index: string;
  /** 0 to 1. */
  recall: number;
}

/** As the contract wants it. */
export function itemMessage({ vectors, ...item }: ModelItem) {
  const embeddings = [...vectors].map(([model, vector]) => ({
    model,
    revision: item.revision,
    vector: bytesOf(vector),
  }));
  return { ...item, embeddings };
}

export function bytesOf(vector: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesFromFloats(vector));
}

/** `ask` gives one call to a replica, and to another if that one is away. */
export async function search(
  ask: <T>(call: (client: IndexClient) => Promise<T>) => Promise<T>,
  call: SearchCall,
  minSeq: bigint,
): Promise<SearchAnswer> {
  const { filter, exact, minScore, pageSize } = call;
  const queries = call.queries.map(({ index, vector }) => ({ index, vector: bytesOf(vector) }));
  const request = { queries, filter, exact, minSeq, explain: true, ...(minScore !== undefined && { minScore }) };
  const pages: SearchAnswer[] = [];
  for (let pageToken = ""; ; ) {
    const k = pageSize ?? call.k;
    const answer = await ask((client) =>
      client.search({ ...request, k, ...(pageSize !== undefined && { paged: true, pageToken }) }),
    );
    if (answer.results.length !== queries.length)
      throw new Error(`got ${answer.results.length} lists, not one a query`);
    const lists = answer.results.map(({ neighbours, plan }) => ({ neighbours, kind: plan?.kind ?? 0 }));
    pages.push({ lists, k, appliedSeq: answer.appliedSeq });
    pageToken = answer.nextPageToken;
    if (pageToken === "" || pages.length * k >= call.k) break;
  }
  return {
    lists: queries.map((_, at) => ({
      neighbours: pages.flatMap(({ lists }) => lists[at]!.neighbours),
      kind: (pages.find(({ lists }) => lists[at]!.kind === PlanKind.GRAPH) ?? pages[0]!).lists[at]!.kind,
    })),
    // Pages that end early are the whole list.
    k: pages.length * (pageSize ?? call.k),
    appliedSeq: pages[0]!.appliedSeq,
  };
}

/** What is wrong with an answer, given the items of its time; for graphs also how much of the truth it held. */
export function judgeSearch(items: Items, call: SearchCall, { lists, k }: SearchAnswer) {
  const differences: string[] = [];
  const recalls: Recall[] = [];
  for (const [at, { index, vector }] of call.queries.entries()) {
    const { neighbours, kind } = lists[at]!;
    const asked: Asked = { index, vector, k, filter: call.filter, minScore: call.minScore };
    const all = expected(items.values(), asked);
    const approximate = kind === PlanKind.GRAPH;
    if (approximate && call.exact) differences.push(`queries[${at}]: an exact search was answered by a graph`);
    const difference = wrong(all, neighbours, asked, !approximate);
    if (difference) differences.push(`queries[${at}] in ${index}, ${planName(kind)}: ${difference}`);
    if (!approximate) continue;
    recalls.push({ index, recall: recallOf(all, neighbours, asked) });
    // What it may lack are the nearest, not some neighbours.
    const full = Math.min(k, all.length);
    if (call.minScore === undefined && call.pageSize === undefined && neighbours.length !== full)
      differences.push(`queries[${at}] in ${index}, a graph gave ${neighbours.length} neighbours, expected ${full}`);
  }
  return { differences, recalls };
}

function planName(kind: PlanKind): string {
  return Object.entries(PlanKind).find(([, value]) => value === kind)?.[0] ?? String(kind);
}
