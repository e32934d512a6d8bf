import { createHash } from "node:crypto";
import { uuidOf } from "../garment-id.ts";

/**
 * The same garments are the same outfit: its id is a UUID of version 8 (RFC 9562, own definition) from the first 16 bytes
 * of sha256 over "outfit" and the garments' ids in order, each behind a zero byte. Ids hold no zero byte.
 */
export function outfitId(garmentIds: readonly string[]): string {
  const hash = createHash("sha256").update("outfit");
  for (const id of [...new Set(garmentIds)].sort()) hash.update("\0").update(id, "utf8");
  return uuidOf(hash.digest());
}
