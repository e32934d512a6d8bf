import { readFile } from "node:fs/promises";
import type { Client } from "@connectrpc/connect";
import type { EncodeResponse, EncoderService } from "../gen/flashfit/encoder/v1/encoder_pb.ts";
import { floatsFromBytes } from "../services/kit/vector.ts";
import type { Labelled } from "./measures.ts";

/** What the Encoder says of one photograph. */
export interface Encoded {
  /** Unit vectors by model. */
  vectors: Map<string, Float32Array>;
  /** The best category and colour of the classifying model; empty where none was asked. */
  saidCategory: string;
  saidColour: string;
  /** Empty unless it was asked for. */
  caption: string;
}

export interface EncodeOptions {
  /** Asked for too. */
  caption?: boolean;
  /** Photographs at a time. One: none shares a run of a model with another, so the last bit is the same every time. */
  parallel?: number;
}

/** A caller of an Encoder waits this long, milliseconds: several photographs may stand before its own. */
export const TIMEOUT_MS = 60_000;

/**
 * Photographs through an Encoder, what it says beside what was known of each, in the order given.
 * @throws Error when a model did not answer.
 */
export async function encodePhotographs<T extends { file: string }>(
  encoder: Client<typeof EncoderService>,
  photographs: readonly T[],
  { caption = false, parallel = 8 }: EncodeOptions = {},
): Promise<(T & Encoded)[]> {
  const encoded: (T & Encoded)[] = [];
  const queue = photographs.entries();
  const work = async () => {
    for (const [i, photograph] of queue) {
      const photo = { case: "photo", value: await readFile(photograph.file) } as const;
      const answer = await encoder.encode({ input: photo, caption }, { timeoutMs: TIMEOUT_MS });
      encoded[i] = {
        ...photograph,
        vectors: vectorsOf(answer, photograph.file),
        saidCategory: answer.categories[0]?.name ?? "",
        saidColour: answer.colours[0]?.name ?? "",
        caption: answer.caption,
      };
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return encoded;
}

/** A sentence in the space of every model. @throws Error when a model did not answer. */
export async function encodeText(
  encoder: Client<typeof EncoderService>,
  value: string,
): Promise<Map<string, Float32Array>> {
  return vectorsOf(await encoder.encode({ input: { case: "text", value } }, { timeoutMs: TIMEOUT_MS }), value);
}

/** The photographs as one model sees them. */
export function seenBy(model: string, encoded: readonly (Encoded & { category: string })[]): Labelled[] {
  return encoded.map(({ category, vectors }) => {
    const vector = vectors.get(model);
    if (!vector) throw new Error(`expected a vector of ${model}, got ${[...vectors.keys()].join(", ") || "none"}`);
    return { category, vector };
  });
}

function vectorsOf({ embeddings, unavailable }: EncodeResponse, what: string): Map<string, Float32Array> {
  if (unavailable.length > 0) throw new Error(`${unavailable.join(", ")} did not answer ${what}`);
  return new Map(embeddings.map(({ model, vector }) => [model, floatsFromBytes(vector)]));
}
