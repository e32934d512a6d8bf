import type { AnnMetric } from "../ann/ann.ts";
import type { Metric } from "../kernel/scan.ts";
import type { VectorMetric } from "./types.ts";

/** How a scan compares vectors: the cosine of unit vectors is their inner product. */
export function scanMetric(metric: VectorMetric): Metric {
  return metric === "l2" ? "l2" : "ip";
}

/**
 * How a graph compares them. Unit vectors are in the same order by distance as by cosine, and distances stay what they are when
 * PCA takes the mean away: inner products do not (decision 17). Scores of a graph are only its own; those that are answered are
 * computed by a scan of what it found.
 */
export function graphMetric(metric: VectorMetric): AnnMetric {
  return metric === "ip" ? "ip" : "l2";
}
