import t from "tap";
import { readTheme, themeToKeep } from "./theme.ts";

t.test("a theme is kept only while it differs from the system's", async (t) => {
  t.equal(themeToKeep("dark", "light"), "dark");
  t.equal(themeToKeep("dark", "dark"), undefined);
  t.equal(readTheme("dark"), "dark");
  t.equal(readTheme(""), undefined);
  t.equal(readTheme(null), undefined);
});
