import { Code, ConnectError } from "@connectrpc/connect";
import { Action } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { UpdateGarmentRequest } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { failedPrecondition, notFound, unavailable } from "../kit/errors.ts";
import type { Logger } from "../kit/log.ts";
import { timestampFromMicros } from "../kit/timestamp.ts";
import type { GarmentChanges, OpenChange } from "./garment-changes.ts";
import { parseGarmentId } from "./garment-id.ts";
import type { GarmentStore, StoredGarment } from "./garment-store.ts";
import type { Stages } from "./stages.ts";
import { askIndex, type Upstreams } from "./upstreams.ts";

export interface UpdaterOptions {
  changes: GarmentChanges;
  store: Pick<GarmentStore, "abandon">;
  upstreams: Pick<Upstreams, "index" | "feedback">;
  stages: Stages;
  log: Logger;
  /** Told which garment is not what it was any more. */
  onChange?: (id: string) => void;
}

/** Changes what is known of garments, in the store and in the Index, and tells Feedback what people corrected. */
export interface Updater {
  /** Errors: NOT_FOUND for a garment that is not this person's. */
  update(request: UpdateGarmentRequest): Promise<StoredGarment>;
  /** Tells the Index of changes whose maker died that long ago, and Feedback of corrections it has not heard of. */
  catchUp(olderThanMs: number): Promise<void>;
}

/** How often a garment that others change at the same time is told to the Index again before the caller has to. */
const MOST_TRIES = 8;

export function createUpdater({ changes, store, upstreams, stages, log, onChange }: UpdaterOptions): Updater {
  const { index, feedback } = upstreams;

  /** Until the Index has what the row says. */
  async function settle(open: OpenChange): Promise<StoredGarment> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { garment, revision } = open;
      const { id, ownerId, category, colour, priceCents, tags } = garment;
      const { embeddings } = await stored(id);
      const item = { itemId: id, ownerId, category, colour, priceCents, tags, embeddings };
      const { changeSeq } = await askIndex(() => index.upsert({ items: [item] }));
      const newer = await changes.settle(id, revision, changeSeq);
      if (newer === undefined) return garment;
      if (newer === "gone") {
        await askIndex(() => index.delete({ itemIds: [id] }));
        await store.abandon(id);
        throw notFound(`garment ${JSON.stringify(id)} was deleted while it was changed`);
      }
      open = newer;
    }
    throw unavailable(`garment ${open.garment.id} is being changed by many at once: try again`);
  }

  async function stored(itemId: string) {
    try {
      const { item } = await askIndex(() => index.get({ itemId }));
      if (item !== undefined) return item;
    } catch (error) {
      if (ConnectError.from(error).code !== Code.NotFound) throw error;
    }
    throw failedPrecondition(`the index has no vectors of garment ${itemId}: delete it and add it again`);
  }

  async function deliverCorrections(garmentId?: string): Promise<void> {
    const waiting = await changes.corrections(garmentId);
    if (waiting.length === 0) return;
    await feedback.recordEvents({
      events: waiting.map(({ eventId, userId, garmentId: itemId, occurredAtMicros }) => ({
        ...{ eventId, userId, itemId, action: Action.CORRECT },
        occurredAt: timestampFromMicros(occurredAtMicros),
      })),
    });
    await changes.acknowledged(waiting.map(({ eventId }) => eventId));
  }

  return {
    async update({ id: givenId, userId, category, colour, priceCents, tags }) {
      const id = parseGarmentId(givenId);
      const change = { category, colour, priceCents, tags: tags && [...new Set(tags.tags)] };
      const open = id === undefined ? undefined : await changes.begin(id, userId, change);
      if (open === undefined) throw notFound(`no garment ${JSON.stringify(givenId)} of this person`);
      const garment = await stages.time("update", () => settle(open));
      onChange?.(garment.id);
      try {
        await deliverCorrections(garment.id);
      } catch (error) {
        log.warn({ event: "correction_waits", err: error }, "Feedback is told of a correction with the next sweep");
      }
      return garment;
    },

    async catchUp(olderThanMs) {
      for (const open of await changes.claimOpen(olderThanMs)) {
        try {
          await settle(open);
        } catch (error) {
          if (ConnectError.from(error).code !== Code.NotFound) throw error; // deleted meanwhile: nothing is left to tell
        }
      }
      await deliverCorrections();
    },
  };
}
