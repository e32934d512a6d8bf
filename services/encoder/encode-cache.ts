import { createHash } from "node:crypto";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type EncodeResponse, EncodeResponseSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { CACHE_EPOCH_KEY } from "./config.ts";
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

interface CachedModel {
  name: string;
  revision: string;
}

/** What was found for one photo or text. */
export interface Lookup {
  /** In the order of the models asked for; undefined where nothing (readable) is kept. */
  answers: (EncodeResponse | undefined)[];
  /** Keep what was computed instead. */
  keep(model: CachedModel, answer: EncodeResponse): Promise<void>;
}

/** The longest value kept: a vector of 4,096 numbers and its labels are less than half of it. */
const MOST_BYTES = 64 * 1024;

/**
 * Answers by content, model, revision and kind; each is the part of an EncodeResponse that one model contributes.
 *
 * Every value begins with the epoch that was in {@link CACHE_EPOCH_KEY} when it was looked for, and counts only while
 * that is the epoch still: whoever changes the epoch has cleared the cache, all Encoders at once and nothing scanned.
 */
export class EncodeCache {
  readonly #bytes: ByteCache;
  readonly #ttlSeconds: number;
  readonly #metrics: EncoderMetrics;

  constructor({ bytes, ttlSeconds, metrics }: EncodeCacheOptions) {
    this.#bytes = bytes;
    this.#ttlSeconds = ttlSeconds;
    this.#metrics = metrics;
  }

  async lookUp(kind: CacheKind, digest: string, models: CachedModel[]): Promise<Lookup> {
    if (models.length === 0) return { answers: [], keep: async () => {} };
    const [written, ...found] = await this.#bytes.get([
      CACHE_EPOCH_KEY,
      ...models.map((model) => cacheKey(kind, digest, model)),
    ]);
    const epoch = Buffer.from((written ?? new Uint8Array()).subarray(0, 255));
    const answers = models.map((_, i) => {
      const answer = readAnswer(found[i], epoch);
      this.#metrics.countLookup(kind, answer ? "hit" : "miss");
      return answer;
    });
    return {
      answers,
      keep: async (model, answer) => {
        const value = Buffer.concat([Uint8Array.of(epoch.length), epoch, toBinary(EncodeResponseSchema, answer)]);
        if (value.length > MOST_BYTES) return;
        await this.#bytes.set(cacheKey(kind, digest, model), value, this.#ttlSeconds);
      },
    };
  }
}

/** SHA-256 of a photo's bytes or a text's UTF-8, as hex. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Where one model's answer about one content is kept. */
export function cacheKey(kind: CacheKind, digest: string, { name, revision }: CachedModel): string {
  return `encoder:2:${kind}:${name}:${revision}:${digest}`;
}

/** Bytes that are no answer (written by someone else, cut off), or one of another epoch, are a miss. */
function readAnswer(bytes: Uint8Array | undefined, epoch: Buffer): EncodeResponse | undefined {
  if (!bytes || bytes.length > MOST_BYTES || bytes[0] !== epoch.length) return undefined;
  if (epoch.compare(bytes, 1, 1 + epoch.length) !== 0) return undefined;
  try {
    return fromBinary(EncodeResponseSchema, bytes.subarray(1 + epoch.length));
  } catch {
    return undefined;
  }
}

/** An answer of one model, everything else empty. */
export function partialAnswer(part: Parameters<typeof create<typeof EncodeResponseSchema>>[1]): EncodeResponse {
  return create(EncodeResponseSchema, part);
}
