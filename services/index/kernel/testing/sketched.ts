import type { Rotation } from "../rotation.ts";
import type { SharedRows } from "../shared-rows.ts";

/** What a generator returns, without pauses. */
export function toEnd<Result>(steps: Generator<void, Result>): Result {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Give all rows of a full block sketches along these axes. */
export function sketched(rows: SharedRows, rotation: Rotation): void {
  rows.sketches!.turn(rotation);
  for (let row = 0; row < rows.capacity; row++) rows.sketches!.append(rows.get(row));
}
