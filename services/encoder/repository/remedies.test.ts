import t from "tap";
import { withRemedy } from "./remedies.ts";

t.test("what is wrong with a version comes with what to do", async (t) => {
  const opset =
    "Load model from /m/clip/2/onnx/vision_model.onnx failed:/src/load.h:46 void Validate() ONNX Runtime only *guarantees* support.\nOpset 999 is under development and limited. Current official support for domain ai.onnx is till opset 26.\n";
  t.equal(
    withRemedy(opset),
    "/m/clip/2/onnx/vision_model.onnx has opset 999, this ONNX Runtime knows up to 26: export it with an opset of at most 26",
  );
  const cases: [string, RegExp][] = [
    ["tokenizer.json: is missing", /is missing; a version needs all files of its export/],
    ["/m/a.onnx is no ONNX file, or a damaged one (protobuf: cut off)", /; expected a whole ONNX file: copy it/],
    ["Load model from /m/a.onnx failed:Protobuf parsing failed.", /; expected a whole ONNX file/],
    ["Non-zero status code: std::bad_alloc", /; it needs more memory than there is/],
    ["the inference process 7 was ended by SIGKILL", /; its graphs must open and run: if the system ended it/],
    ["the inference process 7 ended with exit code 134", /; its graphs must open and run/],
    ["the inference process 7 did not answer within 30000 ms", /; expected an answer in that time/],
  ];
  for (const [message, says] of cases) {
    t.match(withRemedy(message), says);
    t.ok(withRemedy(message).startsWith(message), "and nothing of what was said is lost");
  }
});

t.test("what says already what to do stays as it is", async (t) => {
  const golden = 'golden text "a hat": expected a cosine of at least 0.999, got 0.1';
  t.equal(withRemedy(golden), golden);
});
