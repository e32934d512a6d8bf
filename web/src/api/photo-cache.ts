/** Where the picture of one garment stands. */
export type PhotoState =
  | { kind: "loading" }
  | { kind: "ready"; url: string }
  /** There is no such garment for this person. */
  | { kind: "missing" }
  | { kind: "failed" };

export interface PhotoCacheOptions {
  /** The pictures of at most 50 garments; one that is not there is left out. */
  fetchBatch: (ids: string[]) => Promise<Map<string, Blob>>;
  /** Runs the batch that is being gathered: at the next frame, say. */
  schedule: (flush: () => void) => void;
  /** How many pictures that nobody shows are kept; default 150. */
  spare?: number;
  createUrl?: (blob: Blob) => string;
  revokeUrl?: (url: string) => void;
}

export interface PhotoCache {
  /** What is known of the picture now. */
  get(id: string): PhotoState;
  /** Asks for a picture and listens for it; answers how to stop. While somebody listens, its URL stays valid. */
  watch(id: string, listener: () => void): () => void;
  /** Asks again for the pictures that did not come. */
  retryFailed(): void;
  /** Puts in a picture that is here already. */
  put(id: string, blob: Blob): void;
}

/** The limit of BatchGetGarmentPhotos. */
export const BATCH = 50;

const LOADING: PhotoState = { kind: "loading" };

/**
 * Pictures of garments as URLs for `<img>`: ids asked for before the next flush travel in one call, and URLs that
 * nobody shows any more are revoked, the longest unused first.
 */
export function createPhotoCache({
  fetchBatch,
  schedule,
  spare = 150,
  createUrl = (blob) => URL.createObjectURL(blob),
  revokeUrl = (url) => URL.revokeObjectURL(url),
}: PhotoCacheOptions): PhotoCache {
  /** In the order of their last use. */
  const states = new Map<string, PhotoState>();
  const listeners = new Map<string, Set<() => void>>();
  const wanted = new Set<string>();

  function settle(id: string, state: PhotoState): void {
    const before = states.get(id) ?? LOADING;
    if (before.kind === "ready") revokeUrl(before.url);
    states.delete(id);
    states.set(id, state);
    if (before === state) return;
    for (const listener of listeners.get(id) ?? []) listener();
  }

  function ask(id: string): void {
    settle(id, LOADING);
    if (wanted.size === 0) schedule(flush);
    wanted.add(id);
  }

  function flush(): void {
    const ids = [...wanted];
    wanted.clear();
    for (let i = 0; i < ids.length; i += BATCH) void load(ids.slice(i, i + BATCH));
  }

  async function load(ids: string[]): Promise<void> {
    // What was put in meanwhile is left as it is.
    const still = () => ids.filter((id) => states.get(id) === LOADING);
    try {
      const blobs = await fetchBatch(ids);
      for (const id of still()) {
        const blob = blobs.get(id);
        settle(id, blob ? { kind: "ready", url: createUrl(blob) } : { kind: "missing" });
      }
    } catch {
      for (const id of still()) settle(id, { kind: "failed" }); // shown with a way to ask again
    }
    evict();
  }

  function evict(): void {
    const idle = [...states].filter(([id, { kind }]) => kind !== "loading" && !listeners.has(id));
    for (const [id, state] of idle.slice(0, Math.max(0, idle.length - spare))) {
      if (state.kind === "ready") revokeUrl(state.url);
      states.delete(id);
    }
  }

  return {
    get: (id) => states.get(id) ?? LOADING,
    watch(id, listener) {
      const known = listeners.get(id) ?? new Set();
      listeners.set(id, known.add(listener));
      const state = states.get(id);
      if (state === undefined || state.kind === "failed") {
        ask(id);
      } else {
        states.delete(id); // used last
        states.set(id, state);
      }
      return () => {
        known.delete(listener);
        if (known.size === 0 && listeners.get(id) === known) listeners.delete(id);
        evict();
      };
    },
    retryFailed() {
      for (const [id, { kind }] of [...states]) if (kind === "failed") ask(id);
    },
    put(id, blob) {
      settle(id, { kind: "ready", url: createUrl(blob) });
      evict();
    },
  };
}
