import { useSyncExternalStore } from "react";
import type { Store } from "./store.ts";

/** The value of a store, and a new drawing whenever it is another one. */
export function useStore<T>(store: Pick<Store<T>, "get" | "subscribe">): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
