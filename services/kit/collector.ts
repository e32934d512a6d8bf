import process from "node:process";
import { setFlagsFromString } from "node:v8";

/** Whether this is Node; other runtimes have collectors of their own. */
const ON_NODE = !("Deno" in globalThis) && process.versions.bun === undefined;

/** Set a flag of V8's garbage collector, on Node. */
function setCollectorFlag(flag: string): void {
  if (ON_NODE) setFlagsFromString(flag);
}

/**
 * Keep V8 from collecting a heap only because nothing has collected it for 100 s (its memory reducer). That gives 30 to 130 MB back
 * to the system, and holds the event loop for 50 to 110 ms and a processor for 200: in each service at about the same time, for they
 * start together. For a process that answers calls (decision 0027).
 */
export function collectForRoomOnly(): void {
  setCollectorFlag("--memory-reducer-gc-count=0");
}

/** How full the room of young objects may be before it is collected, percent; V8's own: 80, which is 13 to 51 MB. */
const YOUNG_PERCENT = 25;

/**
 * Have V8 collect young objects more often and all objects more seldom (decision 0027). Photographs and vectors lie outside of its
 * heap. By itself V8 collects everything whenever 64 MB have come there: 1.5 s of pixels at three times an Encoder's peak, half a second
 * of an Index's vectors, dead ones, which the next young collection frees in a millisecond where a full one takes 10 to 100 beside
 * other work.
 *
 * And by itself it makes objects old at once where most of those before outlived a collection: while an index is filled, requests do,
 * and then each of a million searches leaves its own behind, with all that it leads to, until the next full collection.
 *
 * @param growthPercent what may come to the heap and to memory outside before the next full collection, percent of what the last
 *   one left; more is faster and holds more memory
 */
export function collectYoungOften({ growthPercent }: { growthPercent: number }): void {
  setCollectorFlag(`--minor-gc-task-trigger=${YOUNG_PERCENT}`);
  setCollectorFlag(`--heap-growing-percent=${growthPercent}`);
  setCollectorFlag("--external-memory-accounted-in-global-limit");
  setCollectorFlag("--no-allocation-site-pretenuring");
}
