import type { Row } from "../kit/dashboard.ts";
import { limits } from "../kit/limits.ts";
import { graph } from "../kit/panels.ts";
import { quantile } from "../kit/queries.ts";
import { vectors } from "./vectors.ts";

/** The three indices in short; their own dashboard has the rest. */
export const indices: Row = {
  title: "FAISS indices",
  panels: [
    graph({
      title: "FAISS health",
      description:
        "Product of what seven parts leave of it, by index. Good: 1; below 0.9 an alert fires, below 0.5 a critical one.",
      unit: "percentunit",
      queries: { "{{index}}": "faiss_index_health_score" },
      width: 8,
      max: 1,
      limit: limits.faissHealth,
    }),
    graph({
      title: "FAISS search p95",
      description: "Time of one search in one index. Good: below 10 ms for some ten thousand garments.",
      unit: "s",
      queries: { "{{index}}": quantile(0.95, "faiss_search_duration_seconds", ["index"]) },
      width: 8,
      limit: limits.searchSeconds,
      noValue: "no searches",
    }),
    vectors(),
  ],
};
