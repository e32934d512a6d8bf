import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import t from "tap";
import { EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { GRPCInferenceService } from "../../gen/inference/open_inference_grpc_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { floatsFromBytes } from "../../services/kit/vector.ts";
import { refusal } from "../support/calls.ts";
import { drawnPhoto } from "../support/drawn-photo.ts";
import { readIdentity } from "../support/identity.ts";
import { startMesh } from "../support/mesh.ts";
import { edgeTransport } from "./clients.ts";

const mesh = await startMesh();
t.teardown(() => mesh.stop());
const nodeOptions = { ca: mesh.ca };
const edge = {
  connect: edgeTransport(mesh),
  grpc: createGrpcTransport({ baseUrl: mesh.edgeUrl, nodeOptions }),
  "grpc-web": createGrpcWebTransport({ baseUrl: mesh.edgeUrl, httpVersion: "2", nodeOptions }),
};
const photo = await drawnPhoto();

for (const [protocol, transport] of Object.entries(edge)) {
  const client = createClient(EncoderService, transport);

  t.test(`${protocol}: photo and text in one call, a class, a caption token by token`, async (t) => {
    const answer = await client.encode({ input: { case: "photo", value: photo }, alsoText: "a red t-shirt" });
    t.equal(answer.embeddings.length, 3);
    t.equal(answer.textEmbeddings.length, 3);
    t.equal((await client.classify({ photo, topK: 1 })).categories.length, 1);
    const events: (string | undefined)[] = [];
    for await (const { event } of client.caption({ photo, beamWidth: 2 })) events.push(event.case);
    t.equal(events.at(-1), "sentence");
    t.ok(events.length > 2 && events.slice(0, -1).every((kind) => kind === "token"), `${events.length} events`);
  });

  t.test(`${protocol}: ActivateModel is not to be found at the edge`, async (t) => {
    const failure = await refusal(client.activateModel({ name: "clip", revision: "1" }));
    t.equal(failure.code, Code.Unimplemented, failure.message);
  });
}

t.test("a stream of requests through the edge: answers in order", async (t) => {
  async function* texts() {
    for (let i = 0; i < 40; i++) {
      yield { key: String(i), request: { input: { case: "text", value: `hat ${i}` } as const, models: ["clip"] } };
    }
  }
  const keys: string[] = [];
  for await (const { key, result } of createClient(EncoderService, edge.grpc).encodeStream(texts())) {
    t.equal(result.case, "encoded");
    keys.push(key);
  }
  t.same(
    keys,
    Array.from({ length: 40 }, (_, i) => String(i)),
  );
});

t.test("the Open Inference Protocol through the edge", async (t) => {
  const client = createClient(GRPCInferenceService, edge.grpc);
  t.ok((await client.serverReady({})).ready);
  const pixels = new Float32Array(3 * 112 * 112).fill(0.25);
  const answer = await client.modelInfer({
    modelName: "clip/vision",
    inputs: [{ name: "pixel_values", datatype: "FP32", shape: [1n, 3n, 112n, 112n] }],
    rawInputContents: [new Uint8Array(pixels.buffer)],
  });
  const vector = floatsFromBytes(answer.rawOutputContents[0] ?? new Uint8Array());
  t.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-3);
});

t.test("an operator activates a version through the mesh listener", async (t) => {
  const tls = readIdentity(mesh.identity("cli"));
  const client = meshClient(EncoderService, { baseUrl: mesh.addresses.mesh ?? "", tls });
  t.match(await client.activateModel({ name: "clip", revision: "1" }), {
    previousRevision: "1",
    model: { state: ModelState.SERVING, variant: "fp32", executionProvider: "cpu" },
  });
  t.match(await refusal(client.activateModel({ name: "clip", revision: "9" })), { code: Code.NotFound });
});
