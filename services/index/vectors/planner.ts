/** How a search was, or would be, answered; made for a person to read. */
export interface Plan {
  /** `exact-all`: a scan; `exact-rows`: only the rows that the filter leaves; `graph`: approximate, scores exact; `empty`: nothing can match. */
  kind: "exact-all" | "exact-rows" | "graph" | "empty";
  /** What answered: "flat", "faiss", … */
  engine: string;
  /** Rows that pass the filter and live. */
  candidates: number;
  /** What the cost model expected, microseconds of work. */
  estimatedUs: number;
  /** Why this plan, in a sentence. */
  reason: string;
}
