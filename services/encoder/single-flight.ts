import { ForgettingMap } from "../kit/forgetting-map.ts";

export interface SingleFlightOptions {
  /** Whether a failure was about the one who began the work (its deadline, its place in the queue), not about the work. */
  isOwn(error: unknown): boolean;
  /** Told for each caller that found its work under way. */
  onShared?(key: string): void;
}

interface Flight<T> {
  result: Promise<T>;
  waiters: number;
  /** Aborted when nobody waits any more. */
  stop: AbortController;
}

/**
 * Equal work that is asked for while it is under way is done once. One who leaves does not end it for the others; when
 * all have left it is aborted. Where the first one's own trouble ends it, the next does it anew.
 */
export class SingleFlight<T> {
  readonly #flights = new ForgettingMap<string, Flight<T>>();
  readonly #isOwn: SingleFlightOptions["isOwn"];
  readonly #onShared: NonNullable<SingleFlightOptions["onShared"]>;

  constructor({ isOwn, onShared = () => {} }: SingleFlightOptions) {
    this.#isOwn = isOwn;
    this.#onShared = onShared;
  }

  /** Different work under way. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * The result of `work`, or of equal work begun before.
   * @throws what the work throws; the signal's reason as soon as it is aborted.
   */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const flight = this.#flights.get(key);
      if (!flight) return this.#wait(key, this.#begin(key, work), signal);
      this.#onShared(key);
      try {
        return await this.#wait(key, flight, signal);
      } catch (error) {
        if (signal.aborted || !this.#isOwn(error)) throw error;
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const stop = new AbortController();
    // In a microtask of its own, so that work that throws at once fails like any other.
    const result = Promise.resolve().then(() => work(stop.signal));
    const flight: Flight<T> = { result, waiters: 0, stop };
    const end = () => this.#forget(key, flight);
    result.then(end, end);
    this.#flights.set(key, flight);
    return flight;
  }

  #wait(key: string, flight: Flight<T>, signal: AbortSignal): Promise<T> {
    flight.waiters++;
    return new Promise((resolve, reject) => {
      const leave = () => {
        if (--flight.waiters === 0) {
          // Forgotten first, so that nobody joins what is being ended.
          this.#forget(key, flight);
          flight.stop.abort(signal.reason);
        }
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      flight.result.finally(() => signal.removeEventListener("abort", leave)).then(resolve, reject);
    });
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.take(key);
  }
}
