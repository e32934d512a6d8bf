import t from "tap";
import { formatJson } from "./json.ts";

t.test("a list of plain values stands on one line if it fits, all else on lines of its own", async (t) => {
  const value = { empty: [], none: {}, short: ["a", 1], deep: [{ a: null }], skipped: undefined };
  t.equal(
    formatJson(value),
    `{
  "empty": [],
  "none": {},
  "short": ["a", 1],
  "deep": [
    {
      "a": null
    }
  ]
}
`,
  );
  const long = Array.from({ length: 30 }, (_, i) => `item ${i}`);
  t.match(formatJson({ long }), '"long": [\n    "item 0",\n');
  t.same(JSON.parse(formatJson({ long })), { long });
});
