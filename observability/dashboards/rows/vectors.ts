import { graph } from "../kit/panels.ts";

/** The panel that stands wherever the size of the indices is of interest. */
export const vectors = () =>
  graph({
    title: "Vectors",
    description: "Vectors that can be found. Good: the same number in all three indices.",
    unit: "short",
    queries: { "{{index}}": "faiss_index_vector_count" },
    width: 8,
    decimals: 0,
  });
