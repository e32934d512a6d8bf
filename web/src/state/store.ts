/** A value that tells who listens when it is another one. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** Answers how to stop listening. */
  subscribe(listener: () => void): () => void;
}

/** A store that starts with `value`. Values are replaced, never changed in place. */
export function createStore<T>(value: T): Store<T> {
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
