import type { PixelArray } from "./inference/inference.ts";
import type { Gate } from "./preprocessing/gate.ts";
import type { CheckedPhoto, PhotoDecoder, PhotoSource } from "./preprocessing/photo-decoder.ts";
import { type View, viewKey } from "./preprocessing/view.ts";
import { SingleFlight } from "./single-flight.ts";

export interface PhotoViewsOptions {
  decoder: PhotoDecoder;
  photo: PhotoSource;
  /** What this photo has to pass before it may wait for the decoder. */
  gate?: Gate | undefined;
  /** Called once, before anything is spent on the photo; throws if it had better not begin. */
  admit?: () => void;
}

/** One photo, checked once, and decoded once for each distinct view, however many models look at it. */
export class PhotoViews {
  readonly #decoder: PhotoDecoder;
  readonly #photo: PhotoSource;
  readonly #gate: Gate | undefined;
  readonly #admit: () => void;
  readonly #seen = new Map<string, PixelArray>();
  readonly #decoding = new SingleFlight<PixelArray>({ isOwn: () => false });
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
    const key = viewKey(view);
    return this.#seen.get(key) ?? this.#decoding.run(key, signal, (signal) => this.#decode(key, photo, view, signal));
  }

  async #begin(): Promise<CheckedPhoto> {
    this.#admit();
    return this.#decoder.check(this.#photo);
  }

  async #decode(key: string, photo: CheckedPhoto, view: View, signal: AbortSignal): Promise<PixelArray> {
    const decode = () => this.#decoder.decode(photo, view, signal);
    const pixels = this.#gate ? await this.#gate.pass(decode, signal) : await decode();
    this.#seen.set(key, pixels);
    return pixels;
  }
}
