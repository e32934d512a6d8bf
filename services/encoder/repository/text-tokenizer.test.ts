import { readFileSync } from "node:fs";
import t from "tap";
import { TextTokenizer } from "./text-tokenizer.ts";

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../../models/blip/1/${file}`, import.meta.url), "utf8"));
const tokenizer = new TextTokenizer({
  tokenizer: read("tokenizer.json"),
  config: read("tokenizer_config.json"),
  maxTokens: 12,
});

t.test("known words come back as they went in, hyphens too", async (t) => {
  for (const text of ["a pink t-shirt", "a brown skirt", "a navy dress"]) {
    t.equal(tokenizer.decode(tokenizer.encode(text).ids), text);
  }
});

t.test("a text that is too long is cut and still closed; a short one is padded", async (t) => {
  const long = tokenizer.encode("a red dress ".repeat(20));
  t.equal(long.ids.length, 12);
  t.same(long.mask, Array(12).fill(1));
  t.equal(long.ids.at(-1), tokenizer.encode("a").ids[2], "the closing token stands last");
  const short = tokenizer.encode("a red dress");
  t.equal(short.ids.length, 12);
  t.equal(
    short.mask.reduce((sum, bit) => sum + bit, 0),
    5,
    "start, three words, end",
  );
});
