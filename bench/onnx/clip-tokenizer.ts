/** Ids of CLIP's two special tokens; the end has the highest, because the text tower looks for it so. */
export const START_ID = 49_406;
export const END_ID = 49_407;

/**
 * A `tokenizer.json` of CLIP's kind that knows no words, only bytes: byte-level BPE without merges. Sentences get longer than
 * with CLIP's own vocabulary, and are cut at 77 tokens as there.
 */
export function byteTokenizer(): object {
  const bytes = byteCharacters();
  const tokens = [...bytes, ...bytes.map((c) => `${c}</w>`)];
  const special = (id: number, content: string) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  });
  return {
    version: "1.0",
    added_tokens: [special(START_ID, "<|startoftext|>"), special(END_ID, "<|endoftext|>")],
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<|endoftext|>", END_ID],
      cls: ["<|startoftext|>", START_ID],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      vocab: {
        ...Object.fromEntries(tokens.map((token, id) => [token, id])),
        "<|startoftext|>": START_ID,
        "<|endoftext|>": END_ID,
      },
      merges: [],
    },
  };
}

/** GPT-2's printable character for each byte: itself where that is printable, else one from U+0100 on. */
function byteCharacters(): string[] {
  const printable = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const others = bytes.filter((byte) => !printable(byte));
  return [...bytes.filter(printable), ...others.map((_, i) => 256 + i)].map((code) => String.fromCharCode(code));
}
