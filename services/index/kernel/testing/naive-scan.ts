import type { Metric, ScanBlock, ScanRequest, ScanResult } from "../scan.ts";
import { TIES } from "../scan.ts";

/** The same answers as a scan's, the slow and obvious way; what tests and the bench compare with. */
export function naiveScan({ blocks, queries, k, metric, minScore }: Omit<ScanRequest, "signal">): ScanResult[] {
  const dimensions = blocks[0]?.rows.dimensions;
  if (dimensions === undefined) return [];
  return Array.from({ length: queries.length / dimensions }, (_, n) => {
    const query = queries.subarray(n * dimensions, (n + 1) * dimensions);
    const found = rowsOf(blocks)
      .map(({ row, vector }) => ({ row, score: score(metric, vector, query) }))
      .filter((one) => one.score >= Math.fround(minScore ?? Number.NEGATIVE_INFINITY))
      .sort((a, b) => b.score - a.score || a.row - b.row);
    const last = found[Math.min(k, found.length) - 1]?.score ?? 0;
    const best = found.filter((one) => one.score >= last).slice(0, Math.max(k, TIES));
    return { rows: Uint32Array.from(best, ({ row }) => row), scores: Float32Array.from(best, (one) => one.score) };
  });
}

function rowsOf(blocks: readonly ScanBlock[]): { row: number; vector: Float32Array }[] {
  let base = 0;
  return blocks.flatMap((block) => {
    const first = block.base ?? base;
    base += block.rows.capacity;
    const { accepted, list, first: start = 0 } = block;
    return Array.from({ length: block.count }, (_, row) => row)
      .filter((row) => !accepted || ((accepted[row >> 3] ?? 0) >> (row & 7)) & 1)
      .filter((row) => row >= start)
      .filter((row) => !list || list.includes(row))
      .map((row) => ({ row: first + row, vector: block.rows.get(row) }));
  });
}

/** Sixteen sums in float32, added up pair by pair: the order of additions that every replica keeps. */
function score(metric: Metric, row: Float32Array, query: Float32Array): number {
  const sums = new Float32Array(16);
  for (const [n, x] of row.entries()) {
    const y = query[n]!;
    const difference = Math.fround(x - y);
    sums[n % 16]! += Math.fround(metric === "ip" ? x * y : difference * difference);
  }
  const add = (a: number, b: number) => Math.fround(a + b);
  const lane = (n: number) => add(add(sums[n]!, sums[n + 4]!), add(sums[n + 8]!, sums[n + 12]!));
  const whole = add(add(lane(0), lane(2)), add(lane(1), lane(3)));
  return metric === "ip" ? whole : 0 - whole;
}
