import { decodeGreedily } from "./caption.ts";
import type { ArrayTensor, Inference } from "./inference/inference.ts";
import { type ClassProbability, classify, unitVector } from "./numbers.ts";
import type { PixelTensor } from "./preprocessing/pixels.ts";
import type { ModelPack } from "./repository/model-pack.ts";
import { TextTokenizer } from "./repository/text-tokenizer.ts";

/** What a model makes of a photo. */
export interface PhotoAnswer {
  /** Unit length. */
  vector: Float32Array;
  /** Best first; empty when it does not classify. */
  categories: ClassProbability[];
  /** Best first; empty when it knows no colours. */
  colours: ClassProbability[];
}

/** Outputs that hold the embedding, the preferred one first: projected (CLIP), pooled (SigLIP). */
const EMBEDDINGS = { vision: ["image_embeds", "pooler_output"], text: ["text_embeds", "pooler_output"] } as const;

/** One loaded model version: pixels or words in, unit vectors, labels and captions out. */
export class Model {
  readonly name: string;
  readonly revision: string;
  readonly pack: ModelPack;
  readonly #inference: Inference;
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
    this.#inference = inference;
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
    return "text" in this.#inference.graphs && this.#tokenizer !== undefined;
  }

  get classifies(): boolean {
    return this.pack.categories.length > 0;
  }

  get captions(): boolean {
    return this.embedsPhotos && this.pack.generation !== undefined && this.#tokenizer !== undefined;
  }

  async embedPhoto(pixels: PixelTensor): Promise<PhotoAnswer> {
    const { categories, colours } = this.pack;
    const embedding = this.#outputOf("vision");
    const fetches = [embedding];
    if (categories.length > 0) fetches.push("logits");
    if (colours.length > 0) fetches.push("colour_logits");
    const outputs = await this.#inference.run("vision", { pixel_values: toTensor(pixels) }, fetches);
    return {
      vector: unitVector(floats(outputs, embedding)),
      categories: categories.length > 0 ? classify(floats(outputs, "logits"), categories) : [],
      colours: colours.length > 0 ? classify(floats(outputs, "colour_logits"), colours) : [],
    };
  }

  /** @returns a unit vector in the space of the photos. */
  async embedText(text: string): Promise<Float32Array> {
    const { ids, mask } = this.#words().encode(text);
    const feeds = this.#only("text", {
      input_ids: int64([1, ids.length], ids),
      attention_mask: int64([1, mask.length], mask),
      token_type_ids: int64([1, ids.length], Array<number>(ids.length).fill(0)),
    });
    const embedding = this.#outputOf("text");
    return unitVector(floats(await this.#inference.run("text", feeds, [embedding]), embedding));
  }

  /** A short sentence about a photo, written greedily; `signal` is checked before each token. */
  async caption(pixels: PixelTensor, signal?: AbortSignal): Promise<string> {
    const { generation } = this.pack;
    if (!generation) throw new TypeError(`${this.name} writes no captions`);
    const encoded = await this.#inference.run("vision", { pixel_values: toTensor(pixels) }, ["last_hidden_state"]);
    const states = encoded.last_hidden_state;
    if (states?.type !== "float32") throw new TypeError("expected float32 values in output last_hidden_state");
    const ids = await decodeGreedily({ ...generation, signal, next: (ids) => this.#nextLogits(ids, states) });
    return this.#words().decode(ids);
  }

  close(): Promise<void> {
    return this.#inference.close();
  }

  async #nextLogits(ids: number[], states: ArrayTensor): Promise<Float32Array> {
    const seen = states.dims[1] ?? 0;
    const feeds = this.#only("decoder", {
      input_ids: int64([1, ids.length], ids),
      encoder_hidden_states: states,
      encoder_attention_mask: int64([1, seen], Array<number>(seen).fill(1)),
    });
    const logits = floats(await this.#inference.run("decoder", feeds, ["logits"]), "logits");
    return logits.subarray(logits.length - logits.length / ids.length);
  }

  async #provePhoto(): Promise<Float32Array> {
    const { view } = this.pack;
    const fixed = view?.crop ?? (view?.resize.kind === "exact" ? view.resize : { width: 224, height: 224 });
    const { width, height } = fixed;
    const grey = { width, height, data: new Float32Array(3 * width * height) };
    if (this.captions) await this.caption(grey);
    return (await this.embedPhoto(grey)).vector;
  }

  /** The feeds that the graph knows: exports differ in whether they take a mask. */
  #only(graph: string, feeds: Record<string, ArrayTensor>): Record<string, ArrayTensor> {
    const inputs = this.#inference.graphs[graph]?.inputs ?? [];
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => inputs.includes(name)));
  }

  #outputOf(graph: keyof typeof EMBEDDINGS): string {
    const outputs = this.#inference.graphs[graph]?.outputs ?? [];
    const found = EMBEDDINGS[graph].find((name) => outputs.includes(name));
    if (!found)
      throw new TypeError(`the ${graph} graph gives ${outputs.join(", ")}, expected ${EMBEDDINGS[graph].join(" or ")}`);
    return found;
  }

  #words(): TextTokenizer {
    if (!this.#tokenizer) throw new TypeError(`${this.name} has no tokenizer`);
    return this.#tokenizer;
  }
}

function toTensor({ width, height, data }: PixelTensor): ArrayTensor {
  return { type: "float32", dims: [1, 3, height, width], data };
}

function int64(dims: readonly number[], values: number[]): ArrayTensor {
  return { type: "int64", dims, data: BigInt64Array.from(values, BigInt) };
}

function floats(outputs: Record<string, ArrayTensor>, name: string): Float32Array {
  const tensor = outputs[name];
  if (tensor?.type !== "float32") throw new TypeError(`expected float32 values in output ${name}`);
  return tensor.data;
}
