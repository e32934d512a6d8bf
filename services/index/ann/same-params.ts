import type { AnnParams } from "./ann.ts";

/** Whether two searches look equally thoroughly, as far as they say. */
export function sameParams(a: AnnParams = {}, b: AnnParams = {}): boolean {
  return a.efSearch === b.efSearch && a.nprobe === b.nprobe && a.refine === b.refine;
}
