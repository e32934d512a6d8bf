/** What is known to go wrong with a model's files, by the words of who said so, and what is expected or to be done. */
const REMEDIES: readonly [RegExp, string][] = [
  [
    /\.json: is missing$|\.json.* is missing,/,
    "a version needs all files of its export beside onnx/: take them from where the graphs came from",
  ],
  [
    /no ONNX file|[Pp]rotobuf parsing failed|[Ii]nvalid model|Load model from/,
    "expected a whole ONNX file: copy it once more, and compare checksums (flashfit models verify)",
  ],
  [
    /bad_alloc|[Ff]ailed to allocate|allocation failed|out of memory/,
    "it needs more memory than there is: give the Encoder more, take smaller weights (ENCODER_VARIANT=int8), or lower MAX_BATCH_SIZE",
  ],
  [
    /inference process \d+ (was ended by|ended with)/,
    "its graphs must open and run: if the system ended it for want of memory (dmesg says so), give the Encoder more or take smaller weights",
  ],
  [
    /inference process \d+ did not answer within/,
    "expected an answer in that time: take smaller weights, or raise INFERENCE_TIMEOUT",
  ],
];

const OPSET = /Load model from (\S+) failed:.*Opset (\d+) is under development.*till opset (\d+)/s;

/**
 * ONNX Runtime, the system and our readers say what is wrong with a version; this adds what is expected and what to do, and
 * makes one line of it.
 */
export function withRemedy(said: string): string {
  const message = said.replace(/\s+/g, " ").trim();
  const [, file, opset, known] = OPSET.exec(message) ?? [];
  if (file) {
    return `${file} has opset ${opset}, this ONNX Runtime knows up to ${known}: export it with an opset of at most ${known}`;
  }
  const [, remedy] = REMEDIES.find(([says]) => says.test(message)) ?? [];
  return remedy === undefined ? message : `${message}; ${remedy}`;
}
