import {
  type Attributes,
  Metric,
  type NeighbourList as NeighbourListMessage,
  type Neighbour as NeighbourMessage,
  PlanKind,
  type Plan as PlanMessage,
  type SearchParams,
  type SearchResponse,
} from "../../../gen/flashfit/index/v1/index_pb.ts";
import type { ItemRecord } from "../item-table.ts";
import type { Plan } from "../vectors/planner.ts";
import type { Neighbour, VectorMetric } from "../vectors/types.ts";

// Messages are written out here, with all of their fields, instead of by `create`: that looks at each field of each neighbour, which
// costs a small search a twentieth.

const KINDS: Record<Plan["kind"], PlanKind> = {
  "exact-all": PlanKind.EXACT_ALL,
  "exact-rows": PlanKind.EXACT_ROWS,
  graph: PlanKind.GRAPH,
  empty: PlanKind.EMPTY,
};

const METRICS: Record<VectorMetric, Metric> = {
  cosine: Metric.COSINE,
  ip: Metric.INNER_PRODUCT,
  l2: Metric.L2,
};

export function metricMessage(metric: VectorMetric): Metric {
  return METRICS[metric];
}

export function searchResponse(answer: Omit<SearchResponse, "$typeName">): SearchResponse {
  const { results, appliedSeq, nextPageToken } = answer;
  return { $typeName: "flashfit.index.v1.SearchResponse", results, appliedSeq, nextPageToken };
}

export function neighbourList(list: Omit<NeighbourListMessage, "$typeName">): NeighbourListMessage {
  const { index, neighbours, plan } = list;
  return { $typeName: "flashfit.index.v1.NeighbourList", index, neighbours, plan };
}

export function planMessage(plan: Plan, tookMs: number): PlanMessage {
  const { kind, engine, candidates, estimatedUs, reason } = plan;
  return {
    $typeName: "flashfit.index.v1.Plan",
    kind: KINDS[kind],
    engine,
    candidates: BigInt(candidates),
    estimatedUs: BigInt(Math.round(estimatedUs)),
    tookUs: BigInt(Math.round(tookMs * 1000)),
    reason,
  };
}

/** A neighbour; `record` of its item when attributes are asked for. */
export function neighbourMessage({ itemId, score }: Neighbour, record?: ItemRecord): NeighbourMessage {
  return {
    $typeName: "flashfit.index.v1.Neighbour",
    itemId,
    score,
    attributes: record && attributesMessage(record),
  };
}

function attributesMessage({ ownerId, category, colour, priceCents, tags }: ItemRecord): Attributes {
  return { $typeName: "flashfit.index.v1.Attributes", ownerId, category, colour, priceCents, tags: [...tags] };
}

/** The parameters that are set. */
export function paramsOf(params: SearchParams | undefined) {
  if (!params || (params.efSearch === 0 && params.nprobe === 0)) return undefined;
  const { efSearch, nprobe } = params;
  return { ...(efSearch > 0 && { efSearch }), ...(nprobe > 0 && { nprobe }) };
}
