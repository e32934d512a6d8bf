import { Tokenizer } from "@huggingface/tokenizers";

/** Token ids of one text, padded. */
export interface Tokens {
  ids: number[];
  /** 1 for a token, 0 for padding; as long as `ids`. */
  mask: number[];
}

export interface TextTokenizerOptions {
  /** Parsed `tokenizer.json`: WordPiece, BPE or Unigram. */
  tokenizer: object;
  /** Parsed `tokenizer_config.json`. */
  config: { pad_token?: unknown };
  /** Tokens that the model takes. */
  maxTokens: number;
  /** "full": to `maxTokens`. "steps": to the next multiple of 8, for models that do not see padding. Default "full". */
  padding?: "full" | "steps" | undefined;
  /** Id that fills up; unset: that of the pad token. */
  padId?: number | undefined;
  /** The token that fills up, as text or `{ content }`; unset: `config.pad_token`, else the id 0. */
  padToken?: unknown;
}

const STEP = 8;
/** Below this, steps would only split batches. */
const FEW_TOKENS = 16;

/** Words → token ids and back, by a model's own vocabulary. */
export class TextTokenizer {
  readonly maxTokens: number;
  readonly #tokenizer: Tokenizer;
  readonly #padId: number;
  readonly #step: number;
  readonly #lowercases: boolean;

  /** @throws TypeError when the files do not fit together. */
  constructor({ tokenizer, config, maxTokens, padding = "full", padId, padToken }: TextTokenizerOptions) {
    this.maxTokens = maxTokens;
    this.#tokenizer = new Tokenizer(tokenizer, config);
    this.#padId = padId ?? this.#findPadId(padToken ?? config.pad_token);
    this.#lowercases = lowercases((tokenizer as { normalizer?: unknown }).normalizer);
    this.#step = padding === "full" || maxTokens <= FEW_TOKENS ? maxTokens : STEP;
  }

  /** Cut to the model's length with the closing tokens kept, then padded. */
  encode(text: string): Tokens {
    const prepared = this.#lowercases ? text.replaceAll("Σ", "σ") : text;
    const full = this.#tokenizer.encode(prepared).ids;
    const ids = full.length > this.maxTokens ? this.#cut(prepared, full) : full;
    const length = Math.min(this.maxTokens, Math.max(1, Math.ceil(ids.length / this.#step)) * this.#step);
    const padding = length - ids.length;
    return {
      ids: [...ids, ...Array<number>(padding).fill(this.#padId)],
      mask: [...Array<number>(ids.length).fill(1), ...Array<number>(padding).fill(0)],
    };
  }

  /** Words again; a word that was split at its hyphen ("t-shirt") is put together. */
  decode(ids: number[]): string {
    const text = this.#tokenizer.decode(ids, { skip_special_tokens: true }).trim();
    return text.replace(/(?<=\w) - (?=\w)/g, "-");
  }

  #cut(text: string, full: number[]): number[] {
    const words = this.#tokenizer.encode(text, { add_special_tokens: false }).ids;
    const before = prefixLength(full, words);
    const closing = full.slice(before + words.length);
    return [...full.slice(0, this.maxTokens - closing.length), ...closing];
  }

  #findPadId(token: unknown): number {
    const content = typeof token === "object" && token !== null && "content" in token ? token.content : token;
    if (content === undefined || content === null) return 0;
    const id = this.#tokenizer.token_to_id(String(content));
    if (id === undefined) throw new TypeError(`pad_token ${JSON.stringify(content)} is not in the vocabulary`);
    return id;
  }
}

/**
 * Whether a normalizer of tokenizer.json writes small letters. Hugging Face's does so letter by letter; JavaScript's
 * `toLowerCase` makes another letter of a sigma at the end of a word, the only one for which it looks at its neighbours.
 */
function lowercases(normalizer: unknown): boolean {
  const { type, lowercase, normalizers } = (normalizer ?? {}) as Record<string, unknown>;
  if (type === "Sequence" && Array.isArray(normalizers)) return normalizers.some(lowercases);
  return type === "Lowercase" || (type === "BertNormalizer" && lowercase !== false);
}

/** How many special tokens stand before the words. */
function prefixLength(full: number[], words: number[]): number {
  const last = full.length - words.length;
  for (let start = 0; start <= last; start++) if (words.every((id, i) => full[start + i] === id)) return start;
  return 0;
}
