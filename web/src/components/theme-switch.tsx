import { useEffect, useState } from "react";
import { useApp } from "../app.ts";
import type { Keep } from "../state/person.ts";
import { readTheme, type Theme, themeToKeep } from "../state/theme.ts";
import { MoonIcon, SunIcon } from "./icons.tsx";

const KEY = "flashfit.theme";
const DARK = "(prefers-color-scheme: dark)";
/** The page's ground, for what surrounds the page on a phone. */
const GROUND: Record<Theme, string> = { light: "#f6f6f4", dark: "#121313" };

/** Shows the page in the theme that was chosen before, else in the system's; answers which one. */
export function applyTheme(keep: Keep): Theme {
  const chosen = readTheme(keep.getItem(KEY));
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = GROUND[chosen ?? (meta.media.includes("dark") ? "dark" : "light")];
  }
  return chosen ?? systemTheme();
}

/** Dark or light, by hand. Choosing what the system has follows the system again. */
export function ThemeSwitch() {
  const { storage } = useApp();
  const [theme, setTheme] = useState(() => applyTheme(storage));
  useEffect(() => {
    const system = matchMedia(DARK);
    const follow = () => setTheme(applyTheme(storage));
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [storage]);
  const other: Theme = theme === "dark" ? "light" : "dark";
  const change = () => {
    storage.setItem(KEY, themeToKeep(other, systemTheme()) ?? "");
    setTheme(applyTheme(storage));
  };
  return (
    <button type="button" className="round border-transparent bg-transparent" onClick={change} title={`${other} theme`}>
      <span className="sr-only">Switch to the {other} theme</span>
      {theme === "dark" ? <SunIcon /> : <MoonIcon />}
    </button>
  );
}

function systemTheme(): Theme {
  return matchMedia(DARK).matches ? "dark" : "light";
}
