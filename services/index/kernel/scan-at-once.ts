import type { Kernel } from "./kernel.ts";
import type { ScanRequest, ScanResult } from "./scan.ts";
import { numbered, type ScanSize, tilesOf } from "./scan-size.ts";
import { rowsHere } from "./slices.ts";

/** A small scan, here and now: the same answer as a ScanJob's, without handing anything out. */
export function scanAtOnce(kernel: Kernel, request: ScanRequest, size: ScanSize): ScanResult[] {
  const began = performance.now();
  const { blocks, k, metric, minScore } = request;
  const parts = numbered(blocks);
  // The largest one first: what it finds spares most of the others.
  if (parts.length > 1) parts.sort((a, b) => b.block.count - a.block.count);
  const results: ScanResult[] = [];
  for (const { id, count, values } of tilesOf(request, size, { shared: false })) {
    const best = kernel.best(count, k, minScore);
    for (const { block, base } of parts) {
      for (const rows of rowsHere(block)) {
        const compared = { block: block.rows.handle, metric, k, queriesId: id, queries: values, rows };
        kernel.compare(compared, best, base);
      }
    }
    for (const one of best) results.push(one.take());
  }
  request.onWork?.((performance.now() - began) * 1000);
  return results;
}
