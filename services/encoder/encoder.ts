import type { EncodeResponse } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import { type CacheKind, digestOf, type EncodeCache, partialAnswer } from "./encode-cache.ts";
import type { EncoderMetrics } from "./metrics.ts";
import type { Model } from "./model.ts";
import type { CheckedPhoto, PhotoDecoder } from "./preprocessing/photo-decoder.ts";
import { PhotoRefusedError } from "./preprocessing/photo-decoder.ts";
import type { PixelTensor } from "./preprocessing/pixels.ts";
import { type View, viewKey } from "./preprocessing/view.ts";

export interface EncoderOptions {
  decoder: PhotoDecoder;
  cache: EncodeCache;
  metrics: EncoderMetrics;
  /** A model failed on good input; the call goes on without it. */
  onModelFailure(model: Model, error: unknown): void;
}

/** One answer a model, undefined for those that failed; in the order asked. */
export type Answers = (EncodeResponse | undefined)[];

/** Runs photos and texts through models, with the cache before them. */
export class Encoder {
  readonly #decoder: PhotoDecoder;
  readonly #cache: EncodeCache;
  readonly #metrics: EncoderMetrics;
  readonly #onModelFailure: EncoderOptions["onModelFailure"];

  constructor({ decoder, cache, metrics, onModelFailure }: EncoderOptions) {
    this.#decoder = decoder;
    this.#cache = cache;
    this.#metrics = metrics;
    this.#onModelFailure = onModelFailure;
  }

  async encodeText(text: string, models: Model[], signal: AbortSignal): Promise<Answers> {
    return this.#answer("text", digestOf(text), models, signal, async (model) => {
      const vector = await this.#timed(model, "compute", () => model.embedText(text));
      return partialAnswer({ embeddings: [embedding(model, vector)] });
    });
  }

  /**
   * Embed and label a photo, and write its caption when a captioner is given.
   * @throws PhotoRefusedError when the photo is at fault; GateFullError when too many wait.
   */
  async encodePhoto(
    photo: Uint8Array,
    models: Model[],
    captioner: Model | undefined,
    signal: AbortSignal,
  ): Promise<{ answers: Answers; caption: string }> {
    this.#metrics.uploadBytes.observe(photo.length);
    let outcome = "cached";
    try {
      const digest = digestOf(photo);
      const views = new Views(this.#decoder, photo, signal);
      const answers = await this.#answer("photo", digest, models, signal, async (model) => {
        const pixels = await this.#timed(model, "preprocess", () => views.see(viewOf(model)));
        const { vector, ...labels } = await this.#timed(model, "compute", () => model.embedPhoto(pixels));
        return partialAnswer({ embeddings: [embedding(model, vector)], ...labels });
      });
      const captions = await this.#answer("caption", digest, captioner ? [captioner] : [], signal, async (model) => {
        const pixels = await views.see(viewOf(model));
        return partialAnswer({ caption: await this.#timed(model, "caption", () => model.caption(pixels, signal)) });
      });
      if (views.used) outcome = "accepted";
      return { answers, caption: captions[0]?.caption ?? "" };
    } catch (error) {
      outcome = error instanceof PhotoRefusedError ? error.kind : "failed";
      throw error;
    } finally {
      this.#metrics.uploads.inc({ outcome });
    }
  }

  /** From the cache, else computed and kept. What the caller did wrong, or a hang-up, ends the call; the rest only a model. */
  async #answer(
    kind: CacheKind,
    digest: string,
    models: Model[],
    signal: AbortSignal,
    compute: (model: Model) => Promise<EncodeResponse>,
  ): Promise<Answers> {
    const kept = await this.#cache.get(kind, digest, models);
    return Promise.all(
      models.map(async (model, i) => {
        if (kept[i]) return kept[i];
        signal.throwIfAborted();
        try {
          const answer = await compute(model);
          await this.#cache.set(kind, digest, model, answer);
          return answer;
        } catch (error) {
          if (signal.aborted || !(error instanceof ModelFailure)) throw error;
          this.#metrics.inferenceFailures.inc({ model_name: model.name, model_version: model.revision });
          this.#onModelFailure(model, error.cause);
          return undefined;
        }
      }),
    );
  }

  async #timed<T>(model: Model, stage: "preprocess" | "compute" | "caption", work: () => Promise<T>): Promise<T> {
    const stop = this.#metrics.inferenceSeconds.startTimer({
      model_name: model.name,
      model_version: model.revision,
      stage,
    });
    try {
      return await work();
    } catch (cause) {
      throw stage === "preprocess" ? cause : new ModelFailure(cause);
    } finally {
      stop();
    }
  }
}

/** Inference failed on good input. */
class ModelFailure extends Error {
  constructor(cause: unknown) {
    super("inference failed", { cause });
  }
}

/** One photo, checked once, and decoded once for each distinct view. */
class Views {
  readonly #decoder: PhotoDecoder;
  readonly #photo: Uint8Array;
  readonly #signal: AbortSignal;
  readonly #seen = new Map<string, Promise<PixelTensor>>();
  #checked: Promise<CheckedPhoto> | undefined;

  constructor(decoder: PhotoDecoder, photo: Uint8Array, signal: AbortSignal) {
    this.#decoder = decoder;
    this.#photo = photo;
    this.#signal = signal;
  }

  get used(): boolean {
    return this.#checked !== undefined;
  }

  see(view: View): Promise<PixelTensor> {
    this.#checked ??= this.#decoder.check(this.#photo);
    const key = viewKey(view);
    const pixels =
      this.#seen.get(key) ?? this.#checked.then((photo) => this.#decoder.decode(photo, view, this.#signal));
    this.#seen.set(key, pixels);
    return pixels;
  }
}

function viewOf(model: Model): View {
  if (!model.pack.view) throw new TypeError(`${model.name} takes no photos`);
  return model.pack.view;
}

function embedding({ name, revision }: Model, vector: Float32Array) {
  return { model: name, revision, vector: bytesFromFloats(vector) };
}
