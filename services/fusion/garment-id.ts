import { createHash } from "node:crypto";

/** A garment's id and the hash of its photo as it was sent. */
export interface GarmentKey {
  id: string;
  /** 32 bytes. */
  photoSha256: Uint8Array;
}

/**
 * The same photo for the same owner is the same garment: its id is a UUID of version 8 (RFC 9562, own definition)
 * from the first 16 bytes of sha256(owner, a zero byte, photo). Owners hold no zero byte.
 */
export function garmentKey(ownerId: string, photo: Uint8Array): GarmentKey {
  const digest = createHash("sha256").update(ownerId, "utf8").update("\0").update(photo).digest();
  return { id: uuidOf(digest), photoSha256: createHash("sha256").update(photo).digest() };
}

/** A UUID of version 8 (RFC 9562, own definition) from the first 16 bytes of a digest, which is changed. */
export function uuidOf(digest: Buffer): string {
  digest.writeUInt8((digest.readUInt8(6) & 0x0f) | 0x80, 6);
  digest.writeUInt8((digest.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = digest.toString("hex", 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The id in the spelling that the store uses, or undefined if it can be nobody's. */
export function parseGarmentId(id: string): string | undefined {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id.toLowerCase() : undefined;
}
