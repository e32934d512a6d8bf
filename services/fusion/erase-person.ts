import { unavailable } from "../kit/errors.ts";
import type { GarmentErasure } from "./garment-erasure.ts";
import type { Stages } from "./stages.ts";
import { askFeedback, askIndex, type Upstreams } from "./upstreams.ts";

export interface ErasePersonOptions {
  garments: GarmentErasure;
  upstreams: Pick<Upstreams, "index" | "feedback">;
  stages: Stages;
  /** Called at the end, whatever was removed: nothing of the person is kept in memory. */
  forget(userId: string): void;
}

/**
 * Removes everything that the mesh keeps of a person, and says what it was. Every step may be repeated, so after a failure
 * the same call goes on where it ended. Errors: UNAVAILABLE if a part is away or a garment is just being added or changed.
 */
export function createErasePerson({ garments, upstreams, stages, forget }: ErasePersonOptions) {
  return (userId: string): Promise<Record<string, bigint>> => stages.time("erase", () => erase(userId));

  async function erase(userId: string): Promise<Record<string, bigint>> {
    const removed: Record<string, bigint> = {};
    // First of all nobody sees the garments; then what derives from them goes, and they themselves.
    await garments.begin(userId);
    const { deleted } = await askIndex(() => upstreams.index.deleteByOwner({ ownerId: userId }));
    removed.index_items = deleted;
    const { left, ...rows } = await garments.finish(userId);
    for (const [table, count] of Object.entries(rows)) removed[table] = BigInt(count);
    const erased = await askFeedback(() => upstreams.feedback.erasePerson({ userId }));
    for (const [table, rows] of Object.entries(erased.removed)) removed[`feedback.${table}`] = rows;
    forget(userId);
    if (left > 0) {
      throw unavailable(`all is removed but ${left} garments that are just being added or changed: try again`);
    }
    return removed;
  }
}
