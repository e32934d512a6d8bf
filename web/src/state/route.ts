/** What the address asks for. */
export type Route =
  | { page: "wardrobe" }
  | { page: "item"; id: string }
  /** A sentence; empty: none yet. */
  | { page: "search"; text: string }
  /** A photo that was picked on this page. */
  | { page: "photo"; key: string }
  | { page: "unknown"; path: string };

/** Where the page lives; the edge sends everything below it here. */
export const BASE = "/app";

/** Reads an address. */
export function readRoute({ pathname, search }: Pick<URL, "pathname" | "search">): Route {
  const path = pathname.startsWith(`${BASE}/`) ? pathname.slice(BASE.length) : pathname === BASE ? "/" : pathname;
  const item = /^\/item\/([^/]+)\/?$/.exec(path)?.[1];
  const id = item && decoded(item);
  if (id) return { page: "item", id };
  if (/^\/search\/?$/.test(path)) {
    const query = new URLSearchParams(search);
    const photo = query.get("photo");
    return photo ? { page: "photo", key: photo } : { page: "search", text: (query.get("q") ?? "").trim() };
  }
  return path === "/" ? { page: "wardrobe" } : { page: "unknown", path: pathname };
}

/** The address of a page. */
export function writeRoute(route: Route): string {
  switch (route.page) {
    case "wardrobe":
      return `${BASE}/`;
    case "item":
      return `${BASE}/item/${encodeURIComponent(route.id)}`;
    case "search":
      return route.text ? `${BASE}/search?${new URLSearchParams({ q: route.text })}` : `${BASE}/search`;
    case "photo":
      return `${BASE}/search?${new URLSearchParams({ photo: route.key })}`;
    case "unknown":
      return route.path;
  }
}

/** Undefined for what is no valid percent-encoding. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
