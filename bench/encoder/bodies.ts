import { createHash } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { EncodeRequestSchema, type Priority } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { readPhotos, readPixels, unseen } from "../support/photos.ts";

const MARK_BYTES = 16;
/** Found again in the serialised request, and overwritten. */
const PLACE = "the mark is here";

export interface BodiesOptions {
  /** Makes its photographs differ from those of every other load. */
  name: string;
  seed: number;
  models: string[];
  priority?: Priority | undefined;
  /** Send pixels of this many a side; undefined: JPEG files as they are. */
  side?: number | undefined;
}

/**
 * Requests with photographs that no cache knows, serialised before the clock starts: a call costs a copy and sixteen bytes
 * that differ, in the first pixels or in a comment of the JPEG.
 * @throws Error without photographs.
 */
export async function serialisedBodies(options: BodiesOptions): Promise<() => Buffer> {
  const { name, seed, models, side, priority = 0 } = options;
  const photos = (await (side ? readPixels(64, seed, side) : readPhotos(64, seed))) ?? [];
  if (photos.length === 0) throw new Error("expected photographs");
  const bodies = photos.map((photo) => {
    const input = side
      ? { case: "pixels" as const, value: { width: side, height: side, rgb: withPlace(photo) } }
      : { case: "photo" as const, value: unseen(photo, PLACE) };
    const bytes = Buffer.from(toBinary(EncodeRequestSchema, create(EncodeRequestSchema, { input, models, priority })));
    return { bytes, at: bytes.indexOf(PLACE) };
  });
  const mark = createHash("sha256").update(name).digest().subarray(0, MARK_BYTES);
  let sent = 0;
  return () => {
    const body = bodies[sent % bodies.length];
    if (!body) throw new Error("expected photographs");
    mark.writeUInt32LE(sent++, 0);
    const bytes = Buffer.from(body.bytes);
    mark.copy(bytes, body.at);
    return bytes;
  };
}

function withPlace(rgb: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(rgb);
  copy.set(Buffer.from(PLACE));
  return copy;
}
