import { readFileSync } from "node:fs";
import { request } from "node:https";
import { create, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import t from "tap";
import { EncodeRequestSchema, EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { FusionService, RecommendRequestSchema } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { AddGarmentRequestSchema, WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService, SearchRequestSchema, UpsertRequestSchema } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { drawnPhoto } from "../support/drawn-photo.ts";
import { readIdentity } from "../support/identity.ts";
import { startMesh } from "../support/mesh.ts";
import { encoderCases, operatorCases, streamCases } from "./bad-input/encoder.ts";
import { everyProtocol, type UnaryCall, viaTransport } from "./clients.ts";
import { blackPng, svgBomb } from "./hostile.ts";

const mesh = await startMesh();
t.teardown(() => mesh.stop());
const { calls, transports, close } = everyProtocol(mesh.edgeUrl, mesh.caFile);
t.teardown(close);

const photo = await drawnPhoto();
const recommend = (init: Parameters<typeof create<typeof RecommendRequestSchema>>[1]) => (call: UnaryCall) =>
  call(FusionService.method.recommend, create(RecommendRequestSchema, init));
const encode = (init: Parameters<typeof create<typeof EncodeRequestSchema>>[1]) => (call: UnaryCall) =>
  call(EncoderService.method.encode, create(EncodeRequestSchema, init));
const search =
  (vector: Uint8Array, k = 5, index = "clip_fashion") =>
  (call: UnaryCall) =>
    call(IndexService.method.search, create(SearchRequestSchema, { queries: [{ index, vector }], k }));
const upsert =
  (vector: Uint8Array, model = "clip") =>
  (call: UnaryCall) =>
    call(
      IndexService.method.upsert,
      create(UpsertRequestSchema, { items: [{ itemId: "bad", embeddings: [{ model, revision: "1", vector }] }] }),
    );
const withPhoto = (bytes: Uint8Array) => recommend({ query: { case: "photo", value: bytes } });

interface Case {
  what: string;
  send(call: UnaryCall): Promise<unknown>;
  code: Code | Code[];
  /** What the message must name: the field, and what was wrong with it. */
  says: RegExp;
  /** Only the binary encodings can say such a thing. */
  binaryOnly?: boolean;
  /** The edge has no such method: it is called through the mesh listener. */
  behind?: boolean;
}

const tooLarge = new Uint8Array(30 * 1024 * 1024).fill(0xff);
const dimensions = 256;
const unit = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions));
const notANumber = unit.slice();
notANumber[7] = Number.NaN;

const cases: Case[] = [
  {
    what: "a photo that is no image",
    send: withPhoto(Buffer.from("hello, I am a text file")),
    code: Code.InvalidArgument,
    says: /photo.*(jpeg|png)/i,
  },
  { what: "an empty photo", send: withPhoto(new Uint8Array(0)), code: Code.InvalidArgument, says: /photo/ },
  {
    what: "a truncated photo",
    send: withPhoto(photo.subarray(0, Math.floor(photo.length / 2))),
    code: Code.InvalidArgument,
    says: /photo.*(truncated|damaged|incomplete|corrupt)/i,
  },
  { what: "an SVG bomb", send: withPhoto(svgBomb), code: Code.InvalidArgument, says: /photo.*svg|photo.*(jpeg|png)/i },
  {
    what: "a photo of 20,000 × 20,000 pixels",
    send: withPhoto(blackPng(20_000, 20_000)),
    code: Code.InvalidArgument,
    says: /photo.*pixel/i,
  },
  {
    what: "a photo of 30 MB",
    send: withPhoto(tooLarge),
    code: [Code.ResourceExhausted, Code.InvalidArgument],
    says: /bytes|size|large|limit/i,
  },
  {
    what: "a photo of 11 MB",
    send: withPhoto(tooLarge.subarray(0, 11 * 1024 * 1024)),
    code: Code.InvalidArgument,
    says: /photo/,
  },
  {
    what: "a bad photo for the wardrobe",
    send: (call) =>
      call(WardrobeService.method.addGarment, create(AddGarmentRequestSchema, { garment: { photo: svgBomb } })),
    code: Code.InvalidArgument,
    says: /garment\.photo/,
  },
  {
    what: "no garment at all",
    send: (call) => call(WardrobeService.method.addGarment, create(AddGarmentRequestSchema)),
    code: Code.InvalidArgument,
    says: /garment/,
  },
  {
    what: "a text of 1 MB",
    send: recommend({ query: { case: "text", value: "x".repeat(1 << 20) } }),
    code: Code.InvalidArgument,
    says: /text/,
  },
  {
    what: "k = 0",
    send: recommend({ query: { case: "text", value: "shoes" }, k: 0 }),
    code: Code.InvalidArgument,
    says: /\bk\b/,
  },
  {
    what: "k = 10^9",
    send: recommend({ query: { case: "text", value: "shoes" }, k: 1e9 }),
    code: Code.InvalidArgument,
    says: /\bk\b/,
  },
  {
    what: "k = -1",
    send: (call) =>
      call(FusionService.method.recommend, withUnknown({ query: { case: "text", value: "shoes" } }, 5, 0, minusOne)),
    code: Code.InvalidArgument,
    says: /\bk\b/,
    binaryOnly: true,
  },
  {
    what: "invalid UTF-8",
    send: (call) => call(FusionService.method.recommend, withUnknown({}, 2, 2, Uint8Array.of(2, 0xc3, 0x28))),
    code: Code.InvalidArgument,
    says: /utf-?8|text|decode|parse/i,
    binaryOnly: true,
  },
  {
    what: "an unknown model",
    send: recommend({ query: { case: "text", value: "shoes" }, models: ["gpt"] }),
    code: Code.NotFound,
    says: /gpt.*clip/,
  },
  {
    what: "an unknown model for the encoder",
    send: encode({ input: { case: "text", value: "shoes" }, models: ["gpt"] }),
    code: Code.NotFound,
    says: /gpt.*clip/,
  },
  {
    what: "an unknown index",
    send: search(bytesFromFloats(unit), 5, "nope"),
    behind: true,
    code: Code.NotFound,
    says: /nope.*clip_fashion/,
  },
  {
    what: "an unknown item",
    send: recommend({ query: { case: "itemId", value: "nobody-has-this" } }),
    code: Code.NotFound,
    says: /nobody-has-this/,
  },
  {
    what: "NaN in a query vector",
    send: search(bytesFromFloats(notANumber)),
    behind: true,
    code: Code.InvalidArgument,
    says: /vector.*(nan|finite)/i,
  },
  {
    what: "NaN in a stored vector",
    send: upsert(bytesFromFloats(notANumber)),
    behind: true,
    code: Code.InvalidArgument,
    says: /vector.*(nan|finite)/i,
  },
  {
    what: "a query vector of the wrong length",
    send: search(bytesFromFloats(unit.subarray(0, 100))),
    behind: true,
    code: Code.InvalidArgument,
    says: /vector.*256.*100|vector.*100.*256/,
  },
  {
    what: "a stored vector of the wrong length",
    send: upsert(bytesFromFloats(unit.subarray(0, 100))),
    behind: true,
    code: Code.InvalidArgument,
    says: /vector.*256.*100|vector.*100.*256/,
  },
  {
    what: "half a float",
    send: search(new Uint8Array(1023)),
    behind: true,
    code: Code.InvalidArgument,
    says: /vector/,
  },
  {
    what: "a vector for an unknown model",
    send: upsert(bytesFromFloats(unit), "gpt"),
    behind: true,
    code: [Code.InvalidArgument, Code.NotFound],
    says: /gpt/,
  },
  {
    what: "1,001 neighbours",
    send: search(bytesFromFloats(unit), 1001),
    behind: true,
    code: Code.InvalidArgument,
    says: /\bk\b/,
  },
  ...encoderCases(photo),
];

// One good garment first, so that the indices know their dimensions.
const first = calls.values().next().value!;
await first(WardrobeService.method.addGarment, create(AddGarmentRequestSchema, { garment: { photo } }));
const before = await processIds();
const operator = readIdentity(mesh.identity("cli"));
const behindEdge = viaTransport(
  createConnectTransport({ baseUrl: mesh.addresses.mesh ?? "", httpVersion: "2", nodeOptions: operator }),
);

for (const [protocol, call] of calls) {
  t.test(protocol, async (t) => {
    for (const { what, send, code, says, binaryOnly, behind } of cases) {
      if (binaryOnly && protocol.includes("json")) continue;
      const started = performance.now();
      const error = await send(behind ? behindEdge : call).then(
        () => undefined,
        (e: unknown) => ConnectError.from(e),
      );
      const accepted = [code].flat();
      t.ok(error && accepted.includes(error.code), `${what}: ${accepted.map((c) => Code[c]).join(" or ")}`, {
        got: error ? `${Code[error.code]}: ${error.rawMessage}` : "an answer",
        ms: Math.round(performance.now() - started),
      });
      if (performance.now() - started > 1000) t.comment(`${what} took ${Math.round(performance.now() - started)} ms`);
      t.match(error?.rawMessage, says, `${what}: says what was wrong`);
    }
  });
}

for (const [protocol, transport] of transports) {
  t.test(`streams: ${protocol}`, async (t) => {
    for (const { what, send, code, says, bidi } of streamCases(photo)) {
      if (bidi && protocol.includes("h1")) continue; // HTTP/1.1 has no streams in both directions
      const error = await send(transport).then(() => undefined, ConnectError.from);
      t.match(error, { code, rawMessage: says }, what, { got: error?.message ?? "an answer" });
    }
  });
}

t.test("ActivateModel, through the mesh listener", async (t) => {
  const client = meshClient(EncoderService, { baseUrl: mesh.addresses.mesh ?? "", tls: operator });
  for (const { what, request, code, says } of operatorCases) {
    const error = await client.activateModel(request).then(() => undefined, ConnectError.from);
    t.match(error, { code, rawMessage: says }, what, { got: error?.message ?? "an answer" });
  }
});

t.test("plain JSON", async (t) => {
  const bodies: [what: string, body: string | Buffer, status: number, says: RegExp][] = [
    ["an unknown field", '{"text":"shoes","colour":"red"}', 400, /colour/],
    ["k = -1", '{"text":"shoes","k":-1}', 400, /\bk\b|-1/],
    ["k = 10^9", '{"text":"shoes","k":1000000000}', 400, /\bk\b/],
    ["k as a word", '{"text":"shoes","k":"many"}', 400, /\bk\b|many/],
    [
      "invalid UTF-8",
      Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
      400,
      /utf-?8/i,
    ],
    ["no JSON", "shoes, please", 400, /json/i],
    ["base64 that is none", '{"photo":"%%%"}', 400, /photo|base64/i],
    ["an array", "[]", 400, /array|object|message/i],
  ];
  for (const path of ["/api/recommend", "/api/fusion/recommend", "/flashfit.fusion.v1.FusionService/Recommend"]) {
    for (const [what, body, status, says] of bodies) {
      const answer = await post(path, body);
      t.equal(answer.status, status, `${path}: ${what}`, { got: answer.body });
      const { code, message } = JSON.parse(answer.body) as { code: string; message: string };
      t.equal(code, "invalid_argument", `${path}: ${what}: the code`, { got: answer.body });
      t.match(message, says, `${path}: ${what}: says what was wrong`);
    }
  }
});

t.test("every process lives, and still answers", async (t) => {
  t.same(await processIds(), before, "no process was restarted");
  for (const [protocol, call] of calls) {
    const answer = (await recommend({ query: { case: "photo", value: photo }, k: 1 })(call)) as { items: unknown[] };
    t.equal(answer.items.length, 1, protocol);
  }
});

async function processIds(): Promise<Record<string, number | undefined>> {
  const { processes } = await mesh.status();
  return Object.fromEntries(processes.map(({ name, pid }) => [name, pid]));
}

const minusOne = Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1);

/** A request that carries one field as raw wire data, which the generated types would not let through. */
function withUnknown(
  init: Parameters<typeof create<typeof RecommendRequestSchema>>[1],
  no: number,
  wireType: number,
  data: Uint8Array,
): MessageShape<typeof RecommendRequestSchema> {
  const message = create(RecommendRequestSchema, init);
  message.$unknown = [{ no, wireType, data }];
  return message;
}

function post(path: string, body: string | Buffer): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, mesh.edgeUrl),
      {
        method: "POST",
        ca: readFileSync(mesh.caFile),
        headers: { "content-type": "application/json" },
        timeout: 30_000,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}
