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
    const { found, keep } = await this.#fetch(
      kind,
      models.map((model) => cacheKey(kind, digest, model)),
      (bytes) => fromBinary(EncodeResponseSchema, bytes),
    );
    return {
      answers: found,
      keep: (model, answer) => keep(cacheKey(kind, digest, model), toBinary(EncodeResponseSchema, answer)),
    };
  }

  /**
   * What is kept under one key, whatever it is.
   * @param read throws when the bytes are not what it expects: they count as a miss.
   */
  async recall<T>(kind: CacheKind, key: string, read: (bytes: Uint8Array) => T) {
    const { found, keep } = await this.#fetch(kind, [key], read);
    return { found: found[0], keep: (value: Uint8Array) => keep(key, value) };
  }

  async #fetch<T>(kind: CacheKind, keys: string[], read: (bytes: Uint8Array) => T) {
    const [written, ...values] = await this.#bytes.get([CACHE_EPOCH_KEY, ...keys]);
    const epoch = Buffer.from((written ?? new Uint8Array()).subarray(0, 255));
    const found = keys.map((_, i) => {
      const value = readValue(values[i], epoch, read);
      this.#metrics.countLookup(kind, value === undefined ? "miss" : "hit");
      return value;
    });
    const keep = async (key: string, payload: Uint8Array): Promise<void> => {
      const value = Buffer.concat([Uint8Array.of(epoch.length), epoch, payload]);
      if (value.length <= MOST_BYTES) await this.#bytes.set(key, value, this.#ttlSeconds);
    };
    return { found, keep };
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
function readValue<T>(bytes: Uint8Array | undefined, epoch: Buffer, read: (bytes: Uint8Array) => T): T | undefined {
  if (!bytes || bytes.length > MOST_BYTES || bytes[0] !== epoch.length) return undefined;
  if (epoch.compare(bytes, 1, 1 + epoch.length) !== 0) return undefined;
  try {
    return read(bytes.subarray(1 + epoch.length));
  } catch {
    return undefined;
  }
}

/** An answer of one model, everything else empty. */
export function partialAnswer(part: Parameters<typeof create<typeof EncodeResponseSchema>>[1]): EncodeResponse {
  return create(EncodeResponseSchema, part);
}
