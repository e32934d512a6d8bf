import type { ScanBlock, ScanResult } from "../kernel/scan.ts";
import { lowerBound } from "./postings.ts";
import type { Cut } from "./row-set.ts";
import { byBlock, isSelected, type Selection } from "./selection.ts";
import type { Neighbour, VectorMetric } from "./types.ts";

/** The selected rows, those from row `start` on, as a scan wants them; blocks of which none is selected are left out. */
export function scanBlocks(cut: Cut, selection: Selection, start = 0): ScanBlock[] {
  const blocks: ScanBlock[] = [];
  for (let index = 0; index < cut.blocks.length; index++) {
    const { block, count } = cut.blocks[index]!;
    const { rows, first: base } = block;
    const first = Math.max(0, start - base);
    if (first >= count) continue;
    if (selection.kind === "all") blocks.push({ rows, count, first, base });
    else if (selection.kind === "bitmaps") {
      const accepted = selection.bitmaps[index];
      if (accepted) blocks.push({ rows, count, first, base, accepted });
    } else {
      const all = selection.lists[index];
      const list = first > 0 ? all?.subarray(lowerBound(all, first)) : all;
      if (list && list.length > 0) blocks.push({ rows, count, base, list, ascending: true });
    }
  }
  return blocks;
}

/** The graph's neighbours that are selected, ascending, and every selected row that the graph does not have. */
export function candidateBlocks(cut: Cut, selection: Selection, found: Uint32Array, built: number): ScanBlock[] {
  const blocks = scanBlocks(cut, { kind: "list", count: found.length, lists: byBlock(cut, found.slice()) });
  return built < cut.rows ? [...blocks, ...scanBlocks(cut, selection, built)] : blocks;
}

/** Those of the graph's labels that may be found, ascending. */
export function selectedLabels(labels: Int32Array, cut: Cut, selection: Selection): Uint32Array {
  const found = ascending(new Uint32Array(labels));
  let count = 0;
  for (const row of found) {
    // -1, for nothing, is more than there are rows.
    if (row >= cut.rows || (count > 0 && row === found[count - 1])) continue;
    const index = blockAt(cut, row);
    if (isSelected(selection, index, cut.blocks[index]!.block, row)) found[count++] = row;
  }
  return found.subarray(0, count);
}

/** What a scan found as neighbours: the best `k`, equal scores by item id. */
export function neighboursOf(cut: Cut, { rows, scores }: ScanResult, k: number, metric: VectorMetric): Neighbour[] {
  const neighbours: Neighbour[] = [];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const { block } = cut.blocks[blockAt(cut, row)]!;
    const score = scores[at]!;
    neighbours.push({
      itemId: block.itemIds[row - block.first]!,
      score: metric === "cosine" ? Math.max(-1, Math.min(1, score)) : score,
    });
  }
  // As they come they are in order but for equal scores, which are rare.
  if (neighbours.some((one, at) => at > 0 && compare(neighbours[at - 1]!, one) > 0)) neighbours.sort(compare);
  return neighbours.length > k ? neighbours.slice(0, k) : neighbours;
}

/** Sorts the better neighbour first. */
export function compare(a: Neighbour, b: Neighbour): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0;
}

/** Which block of a cut has a row. */
function blockAt({ firsts }: Cut, row: number): number {
  const at = lowerBound(firsts, row);
  return firsts[at] === row ? at : at - 1;
}

/** So few values are faster put in order one by one than by the runtime. */
const FEW = 32;

function ascending(values: Uint32Array): Uint32Array {
  if (values.length > FEW) return values.sort();
  for (let end = 1; end < values.length; end++) {
    const value = values[end]!;
    let at = end;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
  return values;
}
