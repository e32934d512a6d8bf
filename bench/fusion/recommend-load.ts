import { runScript } from "./scripts.ts";

/** What the client is told, as JSON in its only argument. */
export interface RecommendLoad {
  /** Envoy's edge. */
  url: string;
  /** PEM file of the certificate that it shows. */
  caFile: string;
  kind: "item" | "photo";
  userId: string;
  /** Garments that are asked with. */
  itemIds: string[];
  /** JPEG files that are asked with, each time with another comment: no cache knows them. */
  photos: string[];
  /** So many callers that wait for their answers; or so many calls a second, by Poisson, whatever their answers take. */
  callers?: number;
  perSecond?: number;
  seconds: number;
  seed: number;
}

export interface RecommendLoadSummary {
  calls: number;
  /** Answered ones a second. */
  callsPerSecond: number;
  meanMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Calls that were refused, by the name of their code. */
  refused: Record<string, number>;
  /** Answers that had to leave something out. */
  degraded: number;
}

/** One load from a process of its own. */
export async function recommendLoad(load: RecommendLoad): Promise<RecommendLoadSummary> {
  const written = await runScript("recommend-client.ts", [JSON.stringify(load)]);
  return JSON.parse(written.trim().split("\n").at(-1) ?? "") as RecommendLoadSummary;
}
