import { createHash } from "node:crypto";

/**
 * The same garments are the same outfit: its id is a UUID of version 8 (RFC 9562, own definition) from the first 16 bytes
 * of sha256 over "outfit" and the garments' ids in order, each behind a zero byte. Ids hold no zero byte.
 */
export function outfitId(garmentIds: readonly string[]): string {
  const hash = createHash("sha256").update("outfit");
  for (const id of [...new Set(garmentIds)].sort()) hash.update("\0").update(id, "utf8");
  const digest = hash.digest();
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
