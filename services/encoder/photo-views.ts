import type { PixelArray } from "./inference/inference.ts";
import type { Gate } from "./preprocessing/gate.ts";
import { type CheckedPhoto, type PhotoDecoder, type PhotoSource, planFor } from "./preprocessing/photo-decoder.ts";
import { type View, viewKey } from "./preprocessing/view.ts";
import { SingleFlight } from "./single-flight.ts";

export interface PhotoViewsOptions {
  decoder: PhotoDecoder;
  photo: PhotoSource;
  /** What this photo has to pass before it may wait for the decoder. */
  gate?: Gate | undefined;
  /** Called once, before anything is spent on a file; throws if it had better not begin. */
  admit?: () => void;
}

/** One photo, checked once and decoded once for all who look at it at about the same time, resampled once for each distinct view. */
export class PhotoViews {
  readonly #decoder: PhotoDecoder;
  readonly #photo: PhotoSource;
  readonly #gate: Gate | undefined;
  readonly #admit: () => void;
  readonly #seen = new Map<string, PixelArray>();
  readonly #wanted = new Map<string, View>();
  readonly #decoding = new SingleFlight<void>({ isOwn: () => false });
  #checked: Promise<CheckedPhoto> | undefined;

  constructor({ decoder, photo, gate, admit = () => {} }: PhotoViewsOptions) {
    this.#decoder = decoder;
    this.#photo = photo;
    this.#gate = gate;
    this.#admit = admit;
  }

  /** Whether anybody looked at it. */
  get used(): boolean {
    return this.#checked !== undefined;
  }

  /**
   * Its pixels as `view` wants them; they are shared and not to be written to.
   * @throws PhotoRefusedError when the photo is at fault; GateFullError when too many wait; what `admit` throws; the
   * signal's reason.
   */
  async see(view: View, signal: AbortSignal): Promise<PixelArray> {
    this.#checked ??= this.#begin();
    const photo = await this.#checked;
    planFor(photo, view);
    const key = viewKey(view);
    for (;;) {
      const pixels = this.#seen.get(key);
      if (pixels) return pixels;
      this.#wanted.set(key, view);
      // Who joins a decode that has just seen to all others wants another.
      await this.#decoding.run("", signal, (signal) => this.#decode(photo, signal));
    }
  }

  async #begin(): Promise<CheckedPhoto> {
    // Of pixels nothing is left to decode: the queue before the model foresees their answer better.
    if (this.#photo instanceof Uint8Array) this.#admit();
    return this.#decoder.check(this.#photo);
  }

  async #decode(photo: CheckedPhoto, signal: AbortSignal): Promise<void> {
    const keep = (view: View, pixels: PixelArray) => {
      const key = viewKey(view);
      this.#seen.set(key, pixels);
      this.#wanted.delete(key);
    };
    const decode = () => this.#decoder.decodeEach(photo, this.#wanted.values(), keep, signal);
    return this.#gate ? this.#gate.pass(decode, signal) : decode();
  }
}
