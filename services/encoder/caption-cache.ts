import { create, fromBinary } from "@bufbuild/protobuf";
import { sizeDelimitedEncode, sizeDelimitedPeek } from "@bufbuild/protobuf/wire";
import { CaptionResponseSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { unavailable } from "../kit/errors.ts";
import { CaptionLog, record, type WrittenCaption } from "./caption-log.ts";
import { cacheKey, type EncodeCache } from "./encode-cache.ts";
import type { Caption, CaptionOptions, CaptionStep, Model } from "./model.ts";
import { SingleFlight, type SingleFlightOptions } from "./single-flight.ts";

export interface CaptionCacheOptions {
  cache: EncodeCache;
  isOwn: SingleFlightOptions["isOwn"];
  /** Told for each caller that found its caption being written. */
  onShared(): void;
}

/** A caption that somebody wants. */
export interface WantedCaption {
  model: Pick<Model, "name" | "revision" | "pack">;
  /** Of the photo. */
  digest: string;
  options: CaptionOptions;
  /** What somebody waits for never hangs on bulk work. */
  priority: string | undefined;
  signal: AbortSignal;
  /** Writes it, if nobody has or does. */
  write(signal: AbortSignal): AsyncGenerator<CaptionStep, Caption, undefined>;
}

/** Captions by photo, model revision and options: written once, however many want them, and kept. */
export class CaptionCache {
  readonly #cache: EncodeCache;
  readonly #flights: SingleFlight<WrittenCaption>;
  readonly #onShared: () => void;
  /** Captions that are being written, with the number of their readers. */
  readonly #logs = new Map<string, { log: CaptionLog; readers: number }>();

  constructor({ cache, isOwn, onShared }: CaptionCacheOptions) {
    this.#cache = cache;
    this.#flights = new SingleFlight({ isOwn });
    this.#onShared = onShared;
  }

  /**
   * The steps and then the caption: all at once when it is kept, else as they are written.
   * @throws what `write` throws; the signal's reason; UNAVAILABLE when it was written anew and came out differently.
   */
  async *take(wanted: WantedCaption): AsyncGenerator<CaptionStep, Caption, undefined> {
    const key = keyOf(wanted);
    const { found, keep } = await this.#cache.recall("caption", key, readCaption);
    if (!found) return yield* this.#shared(`${wanted.priority} ${key}`, wanted, (written) => keep(toBytes(written)));
    yield* found.steps;
    return found.caption;
  }

  async *#shared(
    key: string,
    { signal, write }: WantedCaption,
    keep: (written: WrittenCaption) => Promise<void>,
  ): AsyncGenerator<CaptionStep, Caption, undefined> {
    const leaving = new AbortController();
    const reader = this.#logs.get(key) ?? { log: new CaptionLog(), readers: 0 };
    this.#logs.set(key, reader);
    reader.readers += 1;
    // A stream whose reader has gone may never be taken up again: then the signal ends its part in this.
    const leave = () => {
      signal.removeEventListener("abort", leave);
      if (leaving.signal.aborted) return;
      leaving.abort();
      reader.readers -= 1;
      if (reader.readers === 0 && this.#logs.get(key) === reader) this.#logs.delete(key);
    };
    signal.addEventListener("abort", leave);
    let begun = false;
    let ended: { written: WrittenCaption } | { error: unknown } | undefined;
    const end = this.#flights
      .run(key, AbortSignal.any([signal, leaving.signal]), async (signal) => {
        begun = true;
        const written = await record(write(signal), reader.log);
        await keep(written);
        return written;
      })
      .then(
        (written) => {
          ended = { written };
        },
        (error: unknown) => {
          ended = { error };
        },
      );
    const given: CaptionStep[] = [];
    const give = function* (steps: readonly CaptionStep[]) {
      for (const step of steps.slice(given.length)) {
        given.push(step);
        yield step;
      }
    };
    try {
      while (!ended) {
        const { news } = reader.log;
        yield* give(reader.log.steps);
        await Promise.race([end, news]);
      }
      if ("error" in ended) throw ended.error;
      const { steps, caption } = ended.written;
      if (given.some(({ id }, i) => steps[i]?.id !== id)) {
        throw unavailable("the caption was begun anew and came out differently; ask again");
      }
      yield* give(steps);
      if (!begun) this.#onShared();
      return caption;
    } finally {
      leave();
    }
  }
}

/** Options that mean the same have the same key. */
function keyOf({ model, digest, options }: WantedCaption): string {
  const { maxTokens = Number.POSITIVE_INFINITY, beamWidth = 1, lengthPenalty = 1 } = options;
  const most = Math.min(maxTokens, (model.pack.generation?.maxTokens ?? 1) - 1);
  return `${cacheKey("caption", digest, model)}:${most}:${beamWidth}:${lengthPenalty}`;
}

/** The events of the RPC one after the other, each with its length before it. */
function toBytes({ steps, caption }: WrittenCaption): Uint8Array {
  const { sentence, ...rest } = caption;
  const events = [
    ...steps.map((value) => ({ event: { case: "token", value } as const })),
    { event: { case: "sentence", value: { caption: sentence, ...rest } } as const },
  ];
  return Buffer.concat(
    events.map((event) => sizeDelimitedEncode(CaptionResponseSchema, create(CaptionResponseSchema, event))),
  );
}

/** @throws Error when it is not what toBytes writes. */
function readCaption(bytes: Uint8Array): WrittenCaption {
  const steps: CaptionStep[] = [];
  for (let rest = bytes; ; ) {
    const head = sizeDelimitedPeek(rest);
    if (head.eof) throw new TypeError("expected a sentence at the end");
    const { event } = fromBinary(CaptionResponseSchema, rest.subarray(head.offset, head.offset + head.size));
    rest = rest.subarray(head.offset + head.size);
    if (event.case === "token") {
      const { id, logProbability, soFar } = event.value;
      steps.push({ id, logProbability, soFar });
    } else if (event.case === "sentence" && rest.length === 0 && event.value.tokens === steps.length) {
      const { caption: sentence, tokens, score, cut } = event.value;
      return { steps, caption: { sentence, tokens, score, cut } };
    } else throw new TypeError("expected tokens, then their sentence");
  }
}
