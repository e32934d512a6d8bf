import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import t from "tap";
import { readModels } from "./model-repository.ts";
import { shellGraph, tinyText, tinyVision } from "./testing.ts";
import { TextTokenizer } from "./text-tokenizer.ts";

type Files = Record<string, object | Uint8Array>;

/** What the repository makes of these files of one version. */
async function read(t: { testdir(): string }, files: Files) {
  const dir = t.testdir();
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, "model/1", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content instanceof Uint8Array ? content : JSON.stringify(content));
  }
  const [model] = await readModels(dir);
  if (!model) throw new Error("no model");
  return model;
}

async function ready(t: { testdir(): string }, files: Files) {
  const model = await read(t, files);
  if (model.kind !== "ready") throw new Error(model.reason);
  return model;
}

const preprocessor = { size: { height: 224, width: 224 }, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };

/** CLIP's byte-pair vocabulary in small: letters with </w> at a word's end, and one merge. */
const clipTokenizer = {
  version: "1.0",
  added_tokens: [
    { id: 100, content: "<|startoftext|>", special: true },
    { id: 101, content: "<|endoftext|>", special: true },
  ],
  normalizer: { type: "Sequence", normalizers: [{ type: "NFC" }, { type: "Lowercase" }] },
  pre_tokenizer: { type: "Split", pattern: { Regex: "[\\p{L}]+" }, behavior: "Removed", invert: true },
  post_processor: { type: "RobertaProcessing", cls: ["<|startoftext|>", 100], sep: ["<|endoftext|>", 101] },
  decoder: { type: "ByteLevel" },
  model: {
    type: "BPE",
    end_of_word_suffix: "</w>",
    unk_token: "<|endoftext|>",
    vocab: { a: 1, "a</w>": 2, "b</w>": 3, "ab</w>": 4, "<|startoftext|>": 100, "<|endoftext|>": 101 },
    merges: [["a", "b</w>"]],
  },
};

/** SigLIP's SentencePiece (Unigram) vocabulary in small. */
const siglipTokenizer = {
  version: "1.0",
  added_tokens: [{ id: 1, content: "</s>", special: true }],
  normalizer: { type: "Lowercase" },
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
  post_processor: {
    type: "TemplateProcessing",
    single: [{ Sequence: { id: "A", type_id: 0 } }, { SpecialToken: { id: "</s>", type_id: 0 } }],
    pair: [],
    special_tokens: { "</s>": { id: "</s>", ids: [1], tokens: ["</s>"] } },
  },
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" },
  model: {
    type: "Unigram",
    unk_id: 2,
    vocab: [
      ["<pad>", 0],
      ["</s>", 0],
      ["<unk>", 0],
      ["▁red", -1],
      ["▁dress", -1],
      ["▁", -3],
    ],
  },
};

/** BERT's WordPiece vocabulary in small. */
const bertTokenizer = {
  version: "1.0",
  truncation: { max_length: 128, strategy: "LongestFirst", stride: 0, direction: "Right" },
  padding: { strategy: { Fixed: 128 }, direction: "Right", pad_id: 0, pad_token: "[PAD]" },
  added_tokens: [],
  normalizer: { type: "BertNormalizer", lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: { "[CLS]": { id: "[CLS]", ids: [2] }, "[SEP]": { id: "[SEP]", ids: [3] } },
  },
  decoder: { type: "WordPiece", prefix: "##" },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    vocab: { "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, red: 4, dress: 5, "##es": 6 },
  },
};

t.test(
  "CLIP and FashionCLIP: nested configs, projected vectors, byte pairs, the end token behind every text",
  async (t) => {
    const { pack } = await ready(t, {
      "config.json": {
        model_type: "clip",
        projection_dim: 512,
        text_config: { model_type: "clip_text_model", eos_token_id: 2, bos_token_id: 0 },
        vision_config: { model_type: "clip_vision_model", id2label: { 0: "LABEL_0" } },
        id2label: { 0: "LABEL_0", 1: "LABEL_1" },
      },
      "preprocessor_config.json": {
        crop_size: 224,
        do_center_crop: true,
        do_normalize: true,
        do_resize: true,
        feature_extractor_type: "CLIPFeatureExtractor",
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_std: [0.26862954, 0.26130258, 0.27577711],
        resample: 3,
        size: 224,
      },
      "tokenizer.json": clipTokenizer,
      "tokenizer_config.json": { model_max_length: 77, pad_token: "<|endoftext|>", tokenizer_class: "CLIPTokenizer" },
      "onnx/vision_model.onnx": tinyVision("image_embeds"),
      "onnx/text_model.onnx": tinyText("text_embeds"),
    });
    t.same(pack.embeddings.vision, { output: "image_embeds", pooling: "none" });
    t.same(pack.embeddings.text, { output: "text_embeds", pooling: "none" });
    t.same(pack.categories, [], "no head, so no classes, whatever config.json says");
    t.same(pack.view?.crop, { width: 224, height: 224 });
    const tokenizer = new TextTokenizer(pack.words!);
    t.equal(tokenizer.maxTokens, 77);
    t.same(tokenizer.encode("AB a").ids, [100, 4, 2, 101, 101, 101, 101, 101]);
    t.same(tokenizer.encode("AB a").mask, [1, 1, 1, 1, 0, 0, 0, 0]);
    const long = tokenizer.encode("ab ".repeat(200)).ids;
    t.same([long.length, long[0], long[75], long[76]], [77, 100, 4, 101]);
  },
);

t.test("SigLIP: no mask, and every text padded to 64", async (t) => {
  const { pack } = await ready(t, {
    "config.json": { model_type: "siglip", text_config: { model_type: "siglip_text_model" }, vision_config: {} },
    "preprocessor_config.json": { ...preprocessor, image_processor_type: "SiglipImageProcessor", resample: 3 },
    "tokenizer.json": siglipTokenizer,
    "tokenizer_config.json": { model_max_length: 64, pad_token: "</s>" },
    "onnx/vision_model.onnx": tinyVision("pooler_output"),
    "onnx/text_model.onnx": tinyText("pooler_output"),
  });
  t.same(pack.embeddings.text, { output: "pooler_output", pooling: "none" });
  const { ids } = new TextTokenizer(pack.words!).encode("Red dress");
  t.same([ids.length, ids.slice(0, 4)], [64, [3, 4, 1, 1]]);
});

t.test("a sentence model: its tokens' mean or [CLS], the length and padding of tokenizer.json", async (t) => {
  const inputs = ["input_ids", "attention_mask", "token_type_ids"];
  const files = {
    "config.json": { model_type: "bert", max_position_embeddings: 512, hidden_size: 384 },
    "tokenizer.json": bertTokenizer,
    "tokenizer_config.json": { model_max_length: 512 },
    "special_tokens_map.json": { pad_token: "[PAD]" },
    "onnx/model.onnx": tinyText("last_hidden_state", inputs),
  };
  const model = await ready(t, files);
  t.same(Object.keys(model.graphs), ["text"], "model.onnx is what it takes");
  t.same(
    [model.pack.view, model.pack.embeddings],
    [undefined, { text: { output: "last_hidden_state", pooling: "mean" } }],
  );
  const fixed = new TextTokenizer(model.pack.words!).encode("red dresses");
  t.same([fixed.ids.length, fixed.ids.slice(0, 6)], [128, [2, 4, 5, 6, 3, 0]]);

  const { truncation, padding, ...free } = bertTokenizer;
  const cls = await ready(t, {
    ...files,
    "tokenizer.json": free,
    "1_Pooling/config.json": {
      word_embedding_dimension: 384,
      pooling_mode_cls_token: true,
      pooling_mode_mean_tokens: false,
    },
  });
  t.equal(cls.pack.embeddings.text?.pooling, "first");
  const steps = new TextTokenizer(cls.pack.words!);
  t.same([steps.maxTokens, steps.encode("red").ids], [512, [2, 4, 3, 0, 0, 0, 0, 0]]);
  t.equal(steps.encode("red ".repeat(8)).ids.length, 16, "ten tokens take two steps");

  const static16 = await ready(t, { ...files, "onnx/model.onnx": tinyText("sentence_embedding", inputs, 32) });
  t.equal(new TextTokenizer(static16.pack.words!).encode("red").ids.length, 32, "a graph of fixed length gets it");
  t.same(static16.pack.embeddings.text, { output: "sentence_embedding", pooling: "none" });
});

t.test("ViT-GPT2: a captioner without text vectors, its generation from where its age put it", async (t) => {
  const decoder = shellGraph(
    [
      ["input_ids", 7, ["b", "t"]],
      ["encoder_hidden_states", 1, ["b", "s", 768]],
    ],
    [["logits", 1, ["b", "t", 50257]]],
  );
  const files = {
    "config.json": {
      model_type: "vision-encoder-decoder",
      decoder_start_token_id: 100,
      eos_token_id: 101,
      decoder: { model_type: "gpt2", max_length: 16, num_beams: 4, bos_token_id: 7 },
      encoder: { model_type: "vit", hidden_size: 768 },
    },
    "preprocessor_config.json": {
      ...preprocessor,
      feature_extractor_type: "ViTFeatureExtractor",
      size: 224,
      resample: 2,
    },
    "tokenizer.json": clipTokenizer,
    "tokenizer_config.json": { model_max_length: 1024 },
    "onnx/encoder_model.onnx": tinyVision("last_hidden_state"),
    "onnx/decoder_model.onnx": decoder,
  };
  const { pack, graphs } = await ready(t, files);
  t.same(Object.keys(graphs), ["vision", "decoder"]);
  t.same(pack.generation, { startId: 100, endId: 101, endIds: [101], maxTokens: 16, beams: 4 });
  t.same(pack.embeddings, { vision: { output: "last_hidden_state", pooling: "first" } });
  t.same(pack.view?.resize, { kind: "exact", width: 224, height: 224 });
  const newer = await ready(t, {
    ...files,
    "generation_config.json": { bos_token_id: 5, decoder_start_token_id: 6, eos_token_id: [8, 9], max_length: 30 },
  });
  t.match(newer.pack.generation, { startId: 6, endId: 8, endIds: [8, 9], maxTokens: 30 });
  const { "onnx/decoder_model.onnx": _, ...merged } = { ...files, "onnx/decoder_model_merged.onnx": decoder };
  t.match(await read(t, merged), { kind: "broken", reason: /merged.onnx keeps its past .* add decoder_model.onnx/ });
});

t.test("a classifier's names count when its graph has the head", async (t) => {
  const head = shellGraph(
    [["pixel_values", 1, ["b", 3, 8, 8]]],
    [
      ["logits", 1, ["b", 2]],
      ["image_embeds", 1, ["b", 8]],
    ],
  );
  const { pack } = await ready(t, {
    "config.json": { model_type: "vit", id2label: { 0: "dress", 1: "hat" } },
    "preprocessor_config.json": preprocessor,
    "onnx/model.onnx": head,
  });
  t.same(pack.categories, ["dress", "hat"]);
  const gap = { "config.json": { id2label: { 0: "dress", 2: "hat" } }, "preprocessor_config.json": preprocessor };
  t.match(await read(t, { ...gap, "onnx/model.onnx": head }), { reason: /id2label has 2 names but none for 1/ });
});

t.test("what is not supported is refused with what to do", async (t) => {
  const both = shellGraph(
    [
      ["input_ids", 7, ["b", "t"]],
      ["pixel_values", 1, ["b", 3, "h", "w"]],
    ],
    [
      ["text_embeds", 1, ["b", 8]],
      ["image_embeds", 1, ["b", 8]],
    ],
  );
  const base = { "config.json": { model_type: "clip" }, "preprocessor_config.json": preprocessor };
  const reason = async (files: Files) => {
    const model = await read(t, { ...base, ...files });
    return model.kind === "broken" ? model.reason : "ready";
  };
  t.match(await reason({ "model.onnx": both }), /photos and words in one graph; split it into onnx\/vision_model.onnx/);
  t.match(
    await reason({ "model.onnx": shellGraph([["x", 1, [1]]], [["y", 1, [1]]]) }),
    /takes x, expected pixel_values/,
  );
  t.match(await reason({ "model.onnx": tinyVision("logits") }), /gives logits, expected image_embeds or pooler_output/);
  const half = shellGraph([["pixel_values", 10, ["b", 3, 8, 8]]], [["image_embeds", 10, ["b", 8]]]);
  t.match(await reason({ "model.onnx": half }), /not float32/);
  const left = { ...bertTokenizer, padding: { ...bertTokenizer.padding, direction: "Left" } };
  const text = { "onnx/text_model.onnx": tinyText(), "tokenizer_config.json": {} };
  t.match(await reason({ ...text, "tokenizer.json": left }), /tokenizer.json: .*padding on the left/);
  const { truncation, ...endless } = bertTokenizer;
  t.match(await reason({ ...text, "tokenizer.json": endless }), /max_position_embeddings is missing/);
});
