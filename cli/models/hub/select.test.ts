import t from "tap";
import type { HubFile } from "./hub.ts";
import { selectFiles } from "./select.ts";

const files = (...paths: string[]): HubFile[] => paths.map((path) => ({ path, bytes: 1 }));
const paths = (list: HubFile[]) => list.map(({ path }) => path);

t.test("of a CLIP export: its sides apart, and nothing twice", (t) => {
  const repository = files(
    ".gitattributes",
    "README.md",
    "config.json",
    "merges.txt",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocab.json",
    "pytorch_model.bin",
    ...["model", "text_model", "vision_model"].flatMap((stem) =>
      ["", "_fp16", "_quantized", "_int8"].map((ending) => `onnx/${stem}${ending}.onnx`),
    ),
  );
  const configs = ["README.md", "config.json", "preprocessor_config.json", "tokenizer.json"];
  t.same(paths(selectFiles(repository, ["fp32"])), [...configs, "onnx/vision_model.onnx", "onnx/text_model.onnx"]);
  t.same(paths(selectFiles(repository, ["int8"])).slice(4), [
    "onnx/vision_model_quantized.onnx",
    "onnx/text_model_quantized.onnx",
  ]);
  t.end();
});

t.test("of a captioner: the decoder without a past; of a big one: its weights beside it", (t) => {
  const captioner = files(
    "onnx/encoder_model.onnx",
    "onnx/decoder_model.onnx",
    "onnx/decoder_model_merged.onnx",
    "onnx/decoder_with_past_model.onnx",
  );
  t.same(paths(selectFiles(captioner, ["fp32", "int8"])), ["onnx/encoder_model.onnx", "onnx/decoder_model.onnx"]);
  const big = files("onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1", "onnx/other.onnx_data");
  t.same(paths(selectFiles(big, ["fp32"])), ["onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1"]);
  t.same(paths(selectFiles(files("model.onnx", "config.json"), ["fp32"])), ["config.json", "model.onnx"]);
  t.end();
});

t.test("a repository without an export, or without this variant, says what to do", (t) => {
  t.throws(() => selectFiles(files("model.safetensors"), ["fp32"]), /no ONNX export .* Optimum .* flashfit models add/);
  t.throws(() => selectFiles(files("onnx/model_fp16.onnx"), ["fp32", "int8"]), /no fp32 or int8 export, but fp16/);
  t.end();
});
