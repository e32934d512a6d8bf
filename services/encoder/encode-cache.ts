import { createHash } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type EncodeResponse, EncodeResponseSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import type { EncoderMetrics } from "./metrics.ts";

/** What is kept: a photo's embedding and labels, its caption, or a text's embedding. */
export type CacheKind = "photo" | "caption" | "text";

/** A byte store that may forget, and never fails. */
export interface ByteCache {
  get(keys: string[]): Promise<(Uint8Array | undefined)[]>;
  set(key: string, value: Uint8Array, ttlSeconds: number): Promise<void>;
}

export interface EncodeCacheOptions {
  bytes: ByteCache;
  ttlSeconds: number;
  metrics: EncoderMetrics;
}

/** Answers by content, model, revision and kind; each is the part of an EncodeResponse that one model contributes. */
export class EncodeCache {
  readonly #bytes: ByteCache;
  readonly #ttlSeconds: number;
  readonly #metrics: EncoderMetrics;

  constructor({ bytes, ttlSeconds, metrics }: EncodeCacheOptions) {
    this.#bytes = bytes;
    this.#ttlSeconds = ttlSeconds;
    this.#metrics = metrics;
  }

  /** In the order of `models`; undefined where nothing (readable) is kept. */
  async get(kind: CacheKind, digest: string, models: CachedModel[]): Promise<(EncodeResponse | undefined)[]> {
    if (models.length === 0) return [];
    const found = await this.#bytes.get(models.map((model) => keyOf(kind, digest, model)));
    return models.map((_, i) => {
      const answer = readAnswer(found[i]);
      this.#metrics.cacheLookups.inc({ kind, outcome: answer ? "hit" : "miss" });
      return answer;
    });
  }

  async set(kind: CacheKind, digest: string, model: CachedModel, answer: EncodeResponse): Promise<void> {
    await this.#bytes.set(keyOf(kind, digest, model), toBinary(EncodeResponseSchema, answer), this.#ttlSeconds);
  }
}

interface CachedModel {
  name: string;
  revision: string;
}

/** SHA-256 of a photo's bytes or a text's UTF-8, as hex. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

function keyOf(kind: CacheKind, digest: string, { name, revision }: CachedModel): string {
  return `encoder:1:${kind}:${name}:${revision}:${digest}`;
}

/** Bytes that are no answer (written by someone else, cut off) are a miss. */
function readAnswer(bytes: Uint8Array | undefined): EncodeResponse | undefined {
  if (!bytes) return undefined;
  try {
    return fromBinary(EncodeResponseSchema, bytes);
  } catch {
    return undefined;
  }
}

/** An answer of one model, everything else empty. */
export function partialAnswer(part: Parameters<typeof create<typeof EncodeResponseSchema>>[1]): EncodeResponse {
  return create(EncodeResponseSchema, part);
}
