import { type Route, readRoute, writeRoute } from "./route.ts";
import { createStore, type Store } from "./store.ts";

export interface Router extends Pick<Store<Route>, "get" | "subscribe"> {
  /** Goes there, with a new entry in the browser's history. */
  go(route: Route): void;
  /** True once after each `go`: for the heading of the new page, which then takes the focus. */
  arrived(): boolean;
}

/** The page's address as a store; back and forward change it too. */
export function createRouter(): Router {
  const route = createStore(readRoute(location));
  let onTheWay = false;
  addEventListener("popstate", () => route.set(readRoute(location)));
  return {
    get: route.get,
    subscribe: route.subscribe,
    go(next) {
      history.pushState(null, "", writeRoute(next));
      scrollTo(0, 0);
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
      onTheWay = true;
      route.set(next);
    },
    arrived() {
      // Whoever has moved the focus on meanwhile keeps it.
      const now = onTheWay && (document.activeElement ?? document.body) === document.body;
      onTheWay = false;
      return now;
    },
  };
}
