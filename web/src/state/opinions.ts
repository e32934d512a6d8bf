import { createStore, type Store } from "./store.ts";

/** What a person thinks of a garment. */
export type Opinion = "like" | "skip";

/** The news that is to be stored. */
export interface OpinionEvent {
  itemId: string;
  opinion: Opinion;
  /** The recommendation that showed it; empty: none did. */
  recommendationId: string;
}

export interface OpinionsOptions {
  /** Stores one event; rejects if that did not go well. */
  send: (event: OpinionEvent) => Promise<void>;
  /** It is stored: whoever shows recommendations asks anew. */
  onStored?: (event: OpinionEvent) => void;
  /** It was not stored and is taken back. */
  onFailed?: (event: OpinionEvent, error: unknown) => void;
}

/** Opinions given on this page, ahead of what the server says: felt at once, taken back if they cannot be stored. */
export interface Opinions extends Pick<Store<ReadonlyMap<string, Opinion>>, "get" | "subscribe"> {
  give(event: OpinionEvent): void;
}

/** Events of one garment are sent one after the other, because the last that arrives decides. */
export function createOpinions({ send, onStored, onFailed }: OpinionsOptions): Opinions {
  const given = createStore<ReadonlyMap<string, Opinion>>(new Map());
  /** What is stored for sure, of the garments with an opinion given here. */
  const stored = new Map<string, Opinion>();
  const latest = new Map<string, OpinionEvent>();
  const lines = new Map<string, Promise<void>>();

  const show = (itemId: string, opinion: Opinion | undefined) => {
    const next = new Map(given.get());
    if (opinion === undefined) next.delete(itemId);
    else next.set(itemId, opinion);
    given.set(next);
  };

  async function deliver(event: OpinionEvent): Promise<void> {
    const { itemId } = event;
    try {
      await send(event);
    } catch (error) {
      // A later opinion on the same garment stands; it has its own turn.
      if (latest.get(itemId) === event) show(itemId, stored.get(itemId));
      onFailed?.(event, error);
      return;
    }
    stored.set(itemId, event.opinion);
    onStored?.(event);
  }

  return {
    get: given.get,
    subscribe: given.subscribe,
    give(event) {
      const { itemId, opinion } = event;
      latest.set(itemId, event);
      show(itemId, opinion);
      lines.set(
        itemId,
        (lines.get(itemId) ?? Promise.resolve()).then(() => deliver(event)),
      );
    },
  };
}

/** The opinion on one garment: what was given here, else what the profile says. */
export function opinionOn(
  itemId: string,
  given: ReadonlyMap<string, Opinion>,
  profile: { liked: ReadonlySet<string>; skipped: ReadonlySet<string> },
): Opinion | undefined {
  return given.get(itemId) ?? (profile.liked.has(itemId) ? "like" : profile.skipped.has(itemId) ? "skip" : undefined);
}
