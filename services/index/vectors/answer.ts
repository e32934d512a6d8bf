import type { ScanBlock, ScanResult } from "../kernel/scan.ts";
import { lowerBound } from "./postings.ts";
import type { Cut } from "./row-set.ts";
import { byBlock, isSelected, type Selection } from "./selection.ts";
import type { Neighbour, VectorMetric } from "./types.ts";

/** The selected rows, those from row `start` on, as a scan wants them; blocks of which none is selected are left out. */
export function scanBlocks(cut: Cut, selection: Selection, start = 0): ScanBlock[] {
  return cut.blocks.flatMap(({ block, count }, index): ScanBlock[] => {
    const { rows, first: base } = block;
    const first = Math.max(0, start - base);
    if (first >= count) return [];
    if (selection.kind === "all") return [{ rows, count, first, base }];
    if (selection.kind === "bitmaps") {
      const accepted = selection.bitmaps[index];
      return accepted ? [{ rows, count, first, base, accepted }] : [];
    }
    const all = selection.lists[index];
    const list = first > 0 ? all?.subarray(lowerBound(all, first)) : all;
    return list && list.length > 0 ? [{ rows, count, base, list, ascending: true }] : [];
  });
}

/** The graph's neighbours that are selected, and every selected row that the graph does not have. */
export function candidateBlocks(
  cut: Cut,
  selection: Selection,
  found: ReadonlySet<number>,
  built: number,
): ScanBlock[] {
  const lists = byBlock(cut, Uint32Array.from(found).sort());
  const blocks = scanBlocks(cut, { kind: "list", count: found.size, lists });
  return built < cut.rows ? [...blocks, ...scanBlocks(cut, selection, built)] : blocks;
}

/** Those of the graph's labels that may be found. */
export function selectedLabels(labels: Int32Array, cut: Cut, selection: Selection): Set<number> {
  const blockAt = indexer(cut);
  const found = new Set<number>();
  for (const row of labels) {
    if (row < 0) continue;
    const index = blockAt(row);
    if (isSelected(selection, index, cut.blocks[index]!.block, row)) found.add(row);
  }
  return found;
}

/** What a scan found as neighbours: the best `k`, equal scores by item id. */
export function neighboursOf(cut: Cut, { rows, scores }: ScanResult, k: number, metric: VectorMetric): Neighbour[] {
  const blockAt = indexer(cut);
  const neighbours = Array.from(rows, (row, at): Neighbour => {
    const { block } = cut.blocks[blockAt(row)]!;
    const score = scores[at]!;
    return {
      itemId: block.itemIds[row - block.first]!,
      score: metric === "cosine" ? Math.max(-1, Math.min(1, score)) : score,
    };
  });
  return neighbours.sort(compare).slice(0, k);
}

/** Sorts the better neighbour first. */
export function compare(a: Neighbour, b: Neighbour): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0;
}

/** Which block of a cut has a row. */
function indexer(cut: Cut): (row: number) => number {
  const firsts = cut.blocks.map(({ block }) => block.first);
  return (row) => {
    const at = lowerBound(firsts, row);
    return firsts[at] === row ? at : at - 1;
  };
}
