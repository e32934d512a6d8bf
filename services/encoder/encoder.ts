import type { EncodeResponse } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { bytesFromFloats, floatsFromBytes } from "../kit/vector.ts";
import { AnswerForecast, type Ticket } from "./answer-forecast.ts";
import { CaptionCache } from "./caption-cache.ts";
import { lastOf } from "./caption-log.ts";
import { type CacheKind, cacheKey, digestOf, type EncodeCache, partialAnswer } from "./encode-cache.ts";
import type { PixelArray } from "./inference/inference.ts";
import type { EncoderMetrics, Stage } from "./metrics.ts";
import type { Caption, CaptionOptions, CaptionStep, Model, Outputs } from "./model.ts";
import type { ModelSet } from "./model-set.ts";
import { PhotoViews } from "./photo-views.ts";
import { Gate, GateFullError } from "./preprocessing/gate.ts";
import { type PhotoDecoder, PhotoRefusedError, type PhotoSource } from "./preprocessing/photo-decoder.ts";
import { refusalReason } from "./refusals.ts";
import type { EncoderCall } from "./run-call.ts";
import { SingleFlight } from "./single-flight.ts";

export interface EncoderOptions {
  decoder: PhotoDecoder;
  /** Photos of bulk calls that may be decoded, or wait for it, at a time, so that others hardly wait behind them. */
  bulkDecodes: number;
  cache: EncodeCache;
  metrics: EncoderMetrics;
  /** Versions that are tried beside those that answer; default: none. */
  canaries?: Pick<ModelSet, "canaryFor" | "hold">;
  /** A model failed on good input; the call goes on without it. */
  onModelFailure(model: Model, error: unknown): void;
}

/** One answer a model, undefined for those that failed; in the order asked. */
export type Answers = (EncodeResponse | undefined)[];

/** What is known of a photo. */
export interface SeenPhoto {
  answers: Answers;
  /** Empty when none was asked for, or the captioner failed. */
  caption: string;
  /** Not all of it was in the cache. */
  computed: boolean;
}

/** Inference failed on good input. */
export class ModelFailure extends Error {
  override name = "ModelFailure";

  constructor(model: Model, cause: unknown) {
    super(`${model.name} failed`, { cause });
  }
}

type Work = (model: Model, call: EncoderCall) => Promise<Computed>;

interface Computed {
  answer: EncodeResponse;
  /** Time of the run, its waiting included. */
  ms: number;
}

/** Runs photos and texts through models, with the cache before them; what is equal and under way is computed once. */
export class Encoder {
  readonly #decoder: PhotoDecoder;
  readonly #bulkGate: Gate;
  /** By priority: bulk work hardly delays what somebody waits for. */
  readonly #forecasts = { interactive: new AnswerForecast(), bulk: new AnswerForecast() };
  readonly #cache: EncodeCache;
  readonly #metrics: EncoderMetrics;
  readonly #canaries: EncoderOptions["canaries"];
  readonly #onModelFailure: EncoderOptions["onModelFailure"];
  readonly #flights: SingleFlight<EncodeResponse>;
  readonly #captions: CaptionCache;

  constructor({ decoder, bulkDecodes, cache, metrics, canaries, onModelFailure }: EncoderOptions) {
    this.#decoder = decoder;
    this.#bulkGate = new Gate({ width: bulkDecodes, waiting: Number.POSITIVE_INFINITY });
    this.#cache = cache;
    this.#metrics = metrics;
    this.#canaries = canaries;
    this.#onModelFailure = onModelFailure;
    const isOwn = (error: unknown) => refusalReason(error) !== undefined;
    this.#flights = new SingleFlight({ isOwn });
    this.#captions = new CaptionCache({ cache, isOwn, onShared: () => metrics.cacheShared.inc({ kind: "caption" }) });
  }

  /**
   * Milliseconds until a photo for somebody who waits would be answered if it came now, as far as the queues foresee it; 0:
   * nothing speaks against it. `before`: photos that are coming and are in no queue yet. The slowest model counts, for who
   * does not name models asks all.
   */
  foreseePhoto(
    models: readonly Model[],
    { before, ...call }: Pick<EncoderCall, "caller" | "deadlineMs"> & { before: number },
  ): number {
    const waiting = { ...call, priority: "interactive" as const };
    const queues = models.map(({ inference }) => inference.foresee?.("vision", waiting, before) ?? 0);
    return Math.max(0, this.#forecasts.interactive.foresee() ?? 0, ...queues);
  }

  /** @throws a refusal (see refusals.ts); the signal's reason. */
  encodeText(text: string, models: Model[], call: EncoderCall): Promise<Answers> {
    return this.#answer("text", digestOf(text), models, call, async (model, call) => {
      const tokens = await this.#step(model, "preprocess", call.signal, async () => model.tokenize(text));
      const { outputs, ms } = await this.#computed(model, call, () => model.runText(tokens, call));
      const vector = await this.#step(model, "postprocess", call.signal, async () => model.readText(outputs, tokens));
      return { answer: partialAnswer({ embeddings: [embedding(model, vector)] }), ms };
    });
  }

  /**
   * Embed and label a photo, and write its caption when a captioner is given.
   * @throws PhotoRefusedError when the photo is at fault; a refusal; the signal's reason.
   */
  async encodePhoto(
    photo: PhotoSource,
    models: Model[],
    captioner: Model | undefined,
    call: EncoderCall,
  ): Promise<SeenPhoto> {
    return this.#received(photo, call, async (views) => {
      const digest = photoDigest(photo);
      const answers = await this.#answer("photo", digest, models, call, async (model, call) => {
        const pixels = await this.#see(model, views, call);
        const { outputs, ms } = await this.#computed(model, call, () => model.runPhoto(pixels, call));
        const read = async () => model.readPhoto(outputs);
        const { vector, ...labels } = await this.#step(model, "postprocess", call.signal, read);
        return { answer: partialAnswer({ embeddings: [embedding(model, vector)], ...labels }), ms };
      });
      if (!captioner) return { answers, caption: "", computed: views.used };
      const see = (call: EncoderCall) => this.#see(captioner, views, call);
      try {
        const { sentence } = await lastOf(this.#captioned(captioner, digest, {}, call, see));
        return { answers, caption: sentence, computed: views.used };
      } catch (error) {
        if (error instanceof ModelFailure) return { answers, caption: "", computed: views.used };
        throw error;
      }
    });
  }

  /**
   * Write a caption, token by token: from the cache at once, together with equal work under way, or anew.
   * @throws as encodePhoto; ModelFailure.
   */
  async *caption(
    photo: PhotoSource,
    model: Model,
    options: CaptionOptions,
    call: EncoderCall,
  ): AsyncGenerator<CaptionStep, Caption, undefined> {
    let seen = false;
    const see = (call: EncoderCall) => {
      seen = true;
      return this.#received(photo, call, (views) => this.#see(model, views, call));
    };
    const caption = yield* this.#captioned(model, photoDigest(photo), options, call, see);
    if (!seen) await this.#received(photo, call, async () => undefined);
    return caption;
  }

  #captioned(
    model: Model,
    digest: string,
    options: CaptionOptions,
    call: EncoderCall,
    see: (call: EncoderCall) => Promise<PixelArray>,
  ): AsyncGenerator<CaptionStep, Caption, undefined> {
    const written = this.#written.bind(this);
    const write = async function* (signal: AbortSignal) {
      const own = { ...call, signal };
      return yield* written(model, await see(own), options, own);
    };
    return this.#captions.take({ model, digest, options, priority: call.priority, signal: call.signal, write });
  }

  async *#written(
    model: Model,
    pixels: PixelArray,
    options: CaptionOptions,
    call: EncoderCall,
  ): AsyncGenerator<CaptionStep, Caption, undefined> {
    const search = (options.beamWidth ?? 1) > 1 ? "beam" : "greedy";
    const stop = this.#metrics.captionerSeconds.startTimer({ model_name: model.name, search });
    const stopStage = this.#metrics.inferenceSeconds.startTimer({ ...labelsOf(model), stage: "caption" });
    const tokens = model.caption(pixels, options, call);
    try {
      for (;;) {
        const { done, value } = await tokens.next();
        if (done) return value;
        this.#metrics.captionerTokens.inc({ model_name: model.name });
        yield value;
      }
    } catch (error) {
      throw this.#failureOf(model, error, call.signal);
    } finally {
      stop();
      stopStage();
      await tokens.return(undefined as never);
    }
  }

  /** From the cache, else computed and kept. What the caller did wrong, a refusal or a hang-up ends the call; the rest only a model. */
  async #answer(kind: CacheKind, digest: string, models: Model[], call: EncoderCall, work: Work): Promise<Answers> {
    const kept = await this.#cache.lookUp(kind, digest, models);
    return Promise.all(
      models.map(async (model, i) => {
        if (kept.answers[i]) return kept.answers[i];
        let begun = false;
        // By priority, so that what somebody waits for never hangs on bulk work.
        const key = `${call.priority} ${cacheKey(kind, digest, model)}`;
        const compute = async (signal: AbortSignal) => {
          begun = true;
          const computed = await work(model, { ...call, signal });
          this.#tryCanary(model.name, digest, work, computed);
          const { answer } = computed;
          void kept.keep(model, answer); // never rejects, and nobody waits for it
          return answer;
        };
        try {
          const answer = await this.#flights.run(key, call.signal, compute);
          if (!begun) this.#metrics.cacheShared.inc({ kind });
          return answer;
        } catch (error) {
          if (error instanceof ModelFailure) return undefined;
          throw error;
        }
      }),
    );
  }

  /** Has the canary of a model, if it sees this content, answer as well; nobody waits for it. */
  #tryCanary(name: string, digest: string, work: Work, active: Computed): void {
    const canary = this.#canaries?.canaryFor(name, digest);
    if (!canary) return;
    const call: EncoderCall = { signal: new AbortController().signal, priority: "bulk", caller: "canary" };
    void this.#canaries?.hold(async () => {
      try {
        const seen = await work(canary.model, call);
        const cosine = cosineOf(active.answer, seen.answer);
        canary.tally.add({ kind: "answered", cosine, activeMs: active.ms, canaryMs: seen.ms });
      } catch (error) {
        // Refused for being busy says nothing about it; its failures are counted and told where they happen.
        if (refusalReason(error) === undefined) canary.tally.add({ kind: "failed" });
      }
    });
  }

  async #received<T>(photo: PhotoSource, call: EncoderCall, work: (views: PhotoViews) => Promise<T>): Promise<T> {
    let ticket: Ticket | undefined;
    const views = this.#viewsOf(photo, call, () => {
      ticket = this.#admit(call);
    });
    this.#metrics.uploadBytes.observe(bytesOf(photo).length);
    let outcome = "cached";
    try {
      const answer = await work(views);
      if (views.used) outcome = "accepted";
      ticket?.answered();
      return answer;
    } catch (error) {
      outcome = failureOutcome(error, call.signal);
      if (error instanceof GateFullError) this.#metrics.refusals.inc({ reason: "decode_queue_full" });
      throw error;
    } finally {
      ticket?.release();
      this.#metrics.uploads.inc({ outcome });
    }
  }

  /** Before a photo is decoded: whether its answer can be in time. */
  #admit({ priority = "interactive", deadlineMs }: EncoderCall): Ticket {
    try {
      return this.#forecasts[priority].admit(deadlineMs);
    } catch (error) {
      this.#metrics.refusals.inc({ reason: "deadline_too_close_to_decode" });
      throw error;
    }
  }

  #viewsOf(photo: PhotoSource, { priority }: EncoderCall, admit: () => void): PhotoViews {
    const gate = priority === "bulk" ? this.#bulkGate : undefined;
    return new PhotoViews({ decoder: this.#decoder, photo, gate, admit });
  }

  #see(model: Model, views: PhotoViews, { signal }: EncoderCall): Promise<PixelArray> {
    const { view } = model.pack;
    if (!view) throw new TypeError(`${model.name} takes no photos`);
    return this.#step(model, "preprocess", signal, () => views.see(view, signal));
  }

  /** A run; its stages are measured where it is queued. */
  async #computed(model: Model, { signal, onQueued }: EncoderCall, run: () => Promise<Outputs>) {
    const began = performance.now();
    try {
      const running = run();
      onQueued?.();
      const outputs = await running;
      return { outputs, ms: performance.now() - began };
    } catch (error) {
      throw this.#failureOf(model, error, signal);
    }
  }

  /** One stage of the work, timed; see #failureOf for what it throws. */
  async #step<T>(model: Model, stage: Stage, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const stop = this.#metrics.inferenceSeconds.startTimer({ ...labelsOf(model), stage });
    try {
      return await work();
    } catch (error) {
      throw this.#failureOf(model, error, signal);
    } finally {
      stop();
    }
  }

  /** What the caller or the queue is at fault for as it is; all else is the model's failure, counted and told. */
  #failureOf(model: Model, error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted || error instanceof PhotoRefusedError || refusalReason(error) !== undefined) return error;
    this.#metrics.inferenceFailures.inc(labelsOf(model));
    this.#onModelFailure(model, error);
    return new ModelFailure(model, error);
  }
}

function bytesOf(photo: PhotoSource): Uint8Array {
  return photo instanceof Uint8Array ? photo : photo.rgb;
}

function photoDigest(photo: PhotoSource): string {
  if (photo instanceof Uint8Array) return digestOf(photo);
  return `${photo.width}x${photo.height}:${digestOf(photo.rgb)}`;
}

/** What became of a photo that got no answer. */
function failureOutcome(error: unknown, signal: AbortSignal): string {
  if (error instanceof PhotoRefusedError) return error.kind;
  return signal.aborted ? "cancelled" : (refusalReason(error) ?? "failed");
}

function labelsOf({ name, revision }: Model) {
  return { model_name: name, model_version: revision };
}

/** Both are of unit length; undefined when they are not equally long. */
function cosineOf(a: EncodeResponse, b: EncodeResponse): number | undefined {
  const [one, other] = [a, b].map(({ embeddings }) => floatsFromBytes(embeddings[0]?.vector ?? new Uint8Array()));
  if (!one || !other || one.length !== other.length) return undefined;
  return one.reduce((sum, x, i) => sum + x * (other[i] ?? 0), 0);
}

function embedding({ name, revision }: Model, vector: Float32Array) {
  return { model: name, revision, vector: bytesFromFloats(vector) };
}
