import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  Metric,
  type NeighbourSchema,
  PlanKind,
  type PlanSchema,
  type SearchParams,
} from "../../../gen/flashfit/index/v1/index_pb.ts";
import type { ItemRecord } from "../item-table.ts";
import type { Plan } from "../vectors/planner.ts";
import type { Neighbour, VectorMetric } from "../vectors/types.ts";

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

export function planMessage(plan: Plan, tookMs: number): MessageInitShape<typeof PlanSchema> {
  const { kind, engine, candidates, estimatedUs, reason } = plan;
  return {
    kind: KINDS[kind],
    engine,
    candidates: BigInt(candidates),
    estimatedUs: BigInt(Math.round(estimatedUs)),
    tookUs: BigInt(Math.round(tookMs * 1000)),
    reason,
  };
}

/** A neighbour; `record` of its item when attributes are asked for. */
export function neighbourMessage(
  { itemId, score }: Neighbour,
  record?: ItemRecord,
): MessageInitShape<typeof NeighbourSchema> {
  if (!record) return { itemId, score };
  const { ownerId, category, colour, priceCents, tags } = record;
  return { itemId, score, attributes: { ownerId, category, colour, priceCents, tags: [...tags] } };
}

/** The parameters that are set. */
export function paramsOf(params: SearchParams | undefined) {
  if (!params || (params.efSearch === 0 && params.nprobe === 0)) return undefined;
  const { efSearch, nprobe } = params;
  return { ...(efSearch > 0 && { efSearch }), ...(nprobe > 0 && { nprobe }) };
}
