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

/** A request that is ready to be sent. */
export interface ReadyBody {
  bytes: Buffer;
  /** Where its mark is. */
  at: number;
}

/** Requests with photographs that no cache knows. */
export interface Bodies {
  take(): ReadyBody;
  /** It was sent: its memory is taken for another. */
  giveBack(body: ReadyBody): void;
}

/**
 * Bodies that are serialised before the clock starts and used again and again: a call costs the sixteen bytes that differ, in
 * the first pixels or in a comment of the JPEG, and a copy only while more are under way than ever before.
 * @throws Error without photographs.
 */
export async function serialisedBodies(options: BodiesOptions): Promise<Bodies> {
  const { name, seed, models, side, priority = 0 } = options;
  const photos = (await (side ? readPixels(64, seed, side) : readPhotos(64, seed))) ?? [];
  const originals = photos.map((photo): ReadyBody => {
    const input = side
      ? { case: "pixels" as const, value: { width: side, height: side, rgb: withPlace(photo) } }
      : { case: "photo" as const, value: unseen(photo, PLACE) };
    const bytes = Buffer.from(toBinary(EncodeRequestSchema, create(EncodeRequestSchema, { input, models, priority })));
    return { bytes, at: bytes.indexOf(PLACE) };
  });
  const mark = createHash("sha256").update(name).digest().subarray(0, MARK_BYTES);
  const ready = [...originals];
  let [taken, copied] = [0, 0];
  return {
    take() {
      const body = ready.shift() ?? copyOf(originals[copied++ % originals.length]);
      mark.writeUInt32LE(taken++, 0);
      mark.copy(body.bytes, body.at);
      return body;
    },
    giveBack: (body) => void ready.push(body),
  };
}

function copyOf(body: ReadyBody | undefined): ReadyBody {
  if (!body) throw new Error("expected photographs");
  return { bytes: Buffer.from(body.bytes), at: body.at };
}

function withPlace(rgb: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(rgb);
  copy.set(Buffer.from(PLACE));
  return copy;
}
