import { setCollectorFlag } from "../kit/collector.ts";

/** How full the room of young objects may be before it is collected, percent; V8's own: 80, which is 51 MB. */
const YOUNG_PERCENT = 25;
/**
 * What may come to the heap and to the memory of requests, percent of what was left by the last full collection, before the
 * next one. V8 takes this from how fast it was lately, which comes to 8 MB when little is left.
 */
const GROWTH_PERCENT = 400;

/**
 * Have V8 collect young objects more often and all objects more seldom. Photographs lie outside of its heap, but count: the
 * dead ones of one and a half seconds of half load, which the next young collection frees in a millisecond, were reason
 * enough for a full one, which takes 100 ms beside other work. On Node; other runtimes have heaps of their own.
 */
export function collectYoungOften(): void {
  setCollectorFlag(`--minor-gc-task-trigger=${YOUNG_PERCENT}`);
  setCollectorFlag(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
