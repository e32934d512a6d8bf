import { statSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * Weights from which one run is worth all processors. Measured on two cores at batch 8: a ViT-B/32 (350 MB) makes 37 images a
 * second with two threads and 19 with one, a default model (9 MB) is faster with one than with two (`npm run bench:encoder`).
 */
const LARGE_BYTES = 64 * 1024 * 1024;

/** The threads for a model version: as set, or, for 0, one for a small model and all processors for a large one. */
export function threadsFor(
  set: number,
  files: Record<string, string>,
  { sizeOf = (file: string) => statSync(file).size, processors = availableParallelism() } = {},
): number {
  if (set > 0) return set;
  const largest = Math.max(0, ...Object.values(files).map(sizeOf));
  return largest >= LARGE_BYTES ? processors : 1;
}
