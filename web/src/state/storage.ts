import type { Keep } from "./person.ts";

/** What is kept in this browser; where it keeps nothing, as private windows may, as long as the page. */
export function browserStorage(): Keep & { lasting: boolean } {
  try {
    const { localStorage } = window;
    localStorage.setItem("flashfit.probe", "1");
    localStorage.removeItem("flashfit.probe");
    return {
      getItem: (key) => localStorage.getItem(key),
      setItem: (key, value) => localStorage.setItem(key, value),
      lasting: true,
    };
  } catch {
    const map = new Map<string, string>();
    return {
      getItem: (key) => map.get(key) ?? null,
      setItem: (key, value) => void map.set(key, value),
      lasting: false,
    };
  }
}
