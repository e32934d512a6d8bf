import { decode } from "./caption.ts";
import type { ArrayTensor, Inference, RunCall } from "./inference/inference.ts";
import { type ClassProbability, classify, unitVector } from "./numbers.ts";
import { type EmbeddingOutput, poolVector } from "./repository/embedding-output.ts";
import type { ModelPack } from "./repository/model-pack.ts";
import { TextTokenizer, type Tokens } from "./repository/text-tokenizer.ts";

/** What a model makes of a photo. */
export interface PhotoAnswer {
  /** Unit length. */
  vector: Float32Array;
  /** Best first; empty when it does not classify. */
  categories: ClassProbability[];
  /** Best first; empty when it knows no colours. */
  colours: ClassProbability[];
}

/** What a run of a graph gave, by name. */
export type Outputs = Record<string, ArrayTensor>;

export interface CaptionOptions {
  /** Most tokens of the sentence; default and upper bound: what the model can. */
  maxTokens?: number;
  /** Default 1, greedy. */
  beamWidth?: number;
  /** Default 1. */
  lengthPenalty?: number;
}

/** A token and the sentence up to it. */
export interface CaptionStep {
  id: number;
  logProbability: number;
  soFar: string;
}

/** A whole caption. */
export interface Caption {
  sentence: string;
  tokens: number;
  /** See Sentence in caption.ts. */
  score: number;
  cut: boolean;
}

/** One loaded model version: pixels or words in, unit vectors, labels and captions out. */
export class Model {
  readonly name: string;
  readonly revision: string;
  readonly pack: ModelPack;
  /** The graphs themselves. */
  readonly inference: Inference;
  readonly #tokenizer: TextTokenizer | undefined;
  #dimensions = 0;

  /**
   * Take the graphs into use and prove that they answer: one run of each on neutral input.
   * @throws Error when an output is missing, wrong in shape, or photo and text differ in length.
   */
  static async prove(pack: ModelPack, inference: Inference): Promise<Model> {
    const model = new Model(pack, inference);
    const lengths = new Set<number>();
    if (pack.view) lengths.add((await model.#provePhoto()).length);
    if (model.embedsText) lengths.add((await model.embedText("a photo")).length);
    if (lengths.size !== 1)
      throw new TypeError(`its photo and text vectors differ in length: ${[...lengths].join(" and ")}`);
    [model.#dimensions = 0] = lengths;
    if (model.#dimensions > 4096)
      throw new TypeError(`its vectors have ${model.#dimensions} dimensions, expected at most 4096`);
    return model;
  }

  private constructor(pack: ModelPack, inference: Inference) {
    this.name = pack.name;
    this.revision = pack.revision;
    this.pack = pack;
    this.inference = inference;
    this.#tokenizer = pack.words && new TextTokenizer(pack.words);
  }

  /** Length of its vectors. */
  get dimensions(): number {
    return this.#dimensions;
  }

  get embedsPhotos(): boolean {
    return this.pack.view !== undefined;
  }

  get embedsText(): boolean {
    return "text" in this.inference.graphs && this.#tokenizer !== undefined;
  }

  get classifies(): boolean {
    return this.pack.categories.length > 0;
  }

  get captions(): boolean {
    return this.embedsPhotos && this.pack.generation !== undefined && this.#tokenizer !== undefined;
  }

  /** `pixels`: one photo [1, 3, height, width], as pixels or as normalised float32. */
  async embedPhoto(pixels: ArrayTensor, call?: RunCall): Promise<PhotoAnswer> {
    return this.readPhoto(await this.runPhoto(pixels, call));
  }

  /** @returns a unit vector in the space of the photos. */
  async embedText(text: string, call?: RunCall): Promise<Float32Array> {
    const tokens = this.tokenize(text);
    return this.readText(await this.runText(tokens, call), tokens);
  }

  runPhoto(pixels: ArrayTensor, call?: RunCall): Promise<Outputs> {
    const fetches = [this.#embeddingOf("vision").output];
    if (this.pack.categories.length > 0) fetches.push("logits");
    if (this.pack.colours.length > 0) fetches.push("colour_logits");
    return this.inference.run("vision", { pixel_values: pixels }, fetches, call);
  }

  readPhoto(outputs: Outputs): PhotoAnswer {
    const { categories, colours } = this.pack;
    return {
      vector: unitVector(pooled(outputs, this.#embeddingOf("vision"))),
      categories: categories.length > 0 ? classify(float32(outputs, "logits").data, categories) : [],
      colours: colours.length > 0 ? classify(float32(outputs, "colour_logits").data, colours) : [],
    };
  }

  tokenize(text: string): Tokens {
    return this.#words().encode(text);
  }

  runText({ ids, mask }: Tokens, call?: RunCall): Promise<Outputs> {
    const feeds = this.#only("text", {
      input_ids: int64([1, ids.length], ids),
      attention_mask: int64([1, mask.length], mask),
      token_type_ids: int64([1, ids.length], Array<number>(ids.length).fill(0)),
    });
    return this.inference.run("text", feeds, [this.#embeddingOf("text").output], call);
  }

  readText(outputs: Outputs, { mask }: Tokens): Float32Array {
    return unitVector(pooled(outputs, this.#embeddingOf("text"), mask));
  }

  /** Write a sentence about a photo: its tokens one after the other, then the whole. Stops between tokens when aborted. */
  async *caption(
    pixels: ArrayTensor,
    { maxTokens = Number.POSITIVE_INFINITY, ...search }: CaptionOptions = {},
    call: RunCall = {},
  ): AsyncGenerator<CaptionStep, Caption, undefined> {
    const { generation } = this.pack;
    if (!generation) throw new TypeError(`${this.name} writes no captions`);
    const feeds = { pixel_values: pixels };
    const encoded = await this.inference.run("vision", feeds, ["last_hidden_state"], call);
    const states = float32(encoded, "last_hidden_state");
    const tokens = decode({
      ...search,
      startId: generation.startId,
      endIds: generation.endIds,
      maxTokens: Math.min(generation.maxTokens, maxTokens + 1),
      signal: call.signal,
      next: (prefixes) => this.#nextLogits(prefixes, states, call),
    });
    const ids: number[] = [];
    for (;;) {
      const { done, value } = await tokens.next();
      if (done) {
        const { score, cut } = value;
        return { sentence: this.#words().decode(ids), tokens: ids.length, score, cut };
      }
      ids.push(value.id);
      yield { ...value, soFar: this.#words().decode(ids) };
    }
  }

  close(): Promise<void> {
    return this.inference.close();
  }

  async #nextLogits(prefixes: number[][], states: ArrayTensor & { type: "float32" }, call: RunCall) {
    const count = prefixes.length;
    const length = prefixes[0]?.length ?? 0;
    const seen = states.dims[1] ?? 0;
    const feeds = this.#only("decoder", {
      input_ids: int64([count, length], prefixes.flat()),
      encoder_hidden_states: repeated(states, count),
      encoder_attention_mask: int64([count, seen], Array<number>(count * seen).fill(1)),
    });
    const { data: logits } = float32(await this.inference.run("decoder", feeds, ["logits"], call), "logits");
    const vocabulary = logits.length / (count * length);
    return prefixes.map((_, i) => logits.subarray(((i + 1) * length - 1) * vocabulary, (i + 1) * length * vocabulary));
  }

  async #provePhoto(): Promise<Float32Array> {
    const { view } = this.pack;
    const fixed = view?.crop ?? (view?.resize.kind === "exact" ? view.resize : { width: 224, height: 224 });
    const { width, height } = fixed;
    const data = new Float32Array(3 * width * height);
    const grey: ArrayTensor = { type: "float32", dims: [1, 3, height, width], data };
    if (this.captions) for await (const _ of this.caption(grey));
    return (await this.embedPhoto(grey)).vector;
  }

  /** The feeds that the graph knows: exports differ in whether they take a mask. */
  #only(graph: string, feeds: Record<string, ArrayTensor>): Record<string, ArrayTensor> {
    const inputs = this.inference.graphs[graph]?.inputs ?? [];
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.includes(name)));
  }

  #embeddingOf(graph: "vision" | "text"): EmbeddingOutput {
    const embedding = this.pack.embeddings[graph];
    if (!embedding) throw new TypeError(`${this.name} has no ${graph} graph`);
    return embedding;
  }

  #words(): TextTokenizer {
    if (!this.#tokenizer) throw new TypeError(`${this.name} has no tokenizer`);
    return this.#tokenizer;
  }
}

function int64(dims: readonly number[], values: number[]): ArrayTensor {
  return { type: "int64", dims, data: BigInt64Array.from(values, BigInt) };
}

/** The one row of a tensor, `count` times. */
function repeated({ dims, data }: ArrayTensor & { type: "float32" }, count: number): ArrayTensor {
  if (count === 1) return { type: "float32", dims, data };
  const all = new Float32Array(data.length * count);
  for (let i = 0; i < count; i++) all.set(data, i * data.length);
  return { type: "float32", dims: [count, ...dims.slice(1)], data: all };
}

function pooled(outputs: Outputs, { output, pooling }: EmbeddingOutput, mask?: readonly number[]): Float32Array {
  return poolVector(float32(outputs, output), pooling, mask);
}

function float32(outputs: Outputs, name: string): ArrayTensor & { type: "float32" } {
  const tensor = outputs[name];
  if (tensor?.type !== "float32") throw new TypeError(`expected float32 values in output ${name}`);
  return tensor;
}
