/**
 * Bytes that a graph takes in memory, from its factory string. FAISS does not tell; files of the graphs in the suite are
 * within a tenth of this. What is not known here counts as whole vectors: rather too much than too little.
 */
export function estimateGraphBytes(
  factory: string,
  { dimensions, count }: { dimensions: number; count: number },
): number {
  let width = dimensions;
  let perRow = 0;
  let fixed = 0;
  let coded = false;
  for (const part of factory.split(/[,()]+/)) {
    const [, name = part, first = "", bits = ""] = /^([A-Za-z]+)(\d*)(?:x(\d+))?/.exec(part) ?? [];
    const number = Number(first);
    if (/^(PCA|PCAR|PCAW|PCAWR|RR|OPQ)$/.test(name)) {
      const reduced = name === "OPQ" ? Number(/_(\d+)/.exec(part)?.[1] ?? width) : number || width;
      fixed += width * reduced * 4;
      width = reduced;
    } else if (name === "HNSW") {
      // 2 × M links on the ground, M on each level above, which one in M rows reaches; level and offset of each row.
      perRow += (2 * number + number / (number - 1)) * 4 + 4 + 8;
    } else if (name === "IVF") {
      fixed += number * width * 4;
      perRow += 8;
    } else if (name === "RFlat" || name === "Refine") {
      perRow += dimensions * 4;
    } else if (name === "Flat") {
      perRow += width * 4;
      coded = true;
    } else if (name === "SQ" || name === "SQfp" || name === "SQbf") {
      perRow += Math.ceil((width * number) / 8);
      coded = true;
    } else if (name === "PQ") {
      const bitsEach = Number(bits || 8);
      perRow += Math.ceil((number * bitsEach) / 8);
      fixed += 2 ** bitsEach * width * 4;
      coded = true;
    }
  }
  if (!coded) perRow += width * 4;
  return Math.round(perRow * count + fixed);
}
