export type Theme = "light" | "dark";

/** What is to be kept when `wanted` is chosen: nothing if the system says the same, so that the page follows it again. */
export function themeToKeep(wanted: Theme, system: Theme): Theme | undefined {
  return wanted === system ? undefined : wanted;
}

/** What a kept value says; undefined: follow the system. */
export function readTheme(kept: string | null): Theme | undefined {
  return kept === "light" || kept === "dark" ? kept : undefined;
}
