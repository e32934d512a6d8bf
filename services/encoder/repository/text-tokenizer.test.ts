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

t.test("small letters are made letter by letter, also of a sigma at the end of a word", async (t) => {
  const vocab = { "[UNK]": 0, σ: 1, "##σ": 2, "##ς": 3, ς: 4, Σ: 5, "##Σ": 6 };
  const ids = (normalizer: object | null, text: string) => {
    const files = {
      version: "1.0",
      added_tokens: [],
      normalizer,
      pre_tokenizer: { type: "Whitespace" },
      post_processor: null,
      decoder: null,
      model: {
        type: "WordPiece",
        unk_token: "[UNK]",
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 9,
        vocab,
      },
    };
    return new TextTokenizer({ tokenizer: files, config: {}, maxTokens: 4, padId: 0 }).encode(text).ids;
  };
  const bert = {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  };
  const normalizers = [{ type: "NFC" }, { type: "Lowercase" }];
  t.same(ids({ type: "Sequence", normalizers }, "ΣΣ σς"), [1, 2, 1, 3], "as Hugging Face's tokenizers have it");
  t.same(ids(bert, "ΣΣ Σ"), [1, 2, 1, 0]);
  t.same(ids({ ...bert, lowercase: false }, "ΣΣ Σ"), [5, 6, 5, 0], "a model that knows capital letters sees them");
  t.same(ids(null, "ΣΣ Σ"), [5, 6, 5, 0]);
});
