import { type Route, readRoute, writeRoute } from "./route.ts";
import { createStore, type Store } from "./store.ts";

export interface Router extends Pick<Store<Route>, "get" | "subscribe"> {
  /** Goes there, with a new entry in the browser's history. */
  go(route: Route): void;
}

/** The page's address as a store; back and forward change it too. */
export function createRouter(): Router {
  const route = createStore(readRoute(location));
  addEventListener("popstate", () => route.set(readRoute(location)));
  return {
    get: route.get,
    subscribe: route.subscribe,
    go(next) {
      history.pushState(null, "", writeRoute(next));
      scrollTo(0, 0);
      route.set(next);
      // Who listens to the page hears where they are.
      requestAnimationFrame(() => document.querySelector("h1")?.focus({ preventScroll: true }));
    },
  };
}
