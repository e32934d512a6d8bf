import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import t from "tap";
import {
  EncodeRequestSchema,
  EncoderService,
  ListModelsRequestSchema,
} from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { viaTransport } from "../mesh/clients.ts";
import { identityFiles, readIdentity } from "../support/identity.ts";
import { startEdge } from "./edge.ts";

const BOUND = 2;
const received: string[] = [];
const waiting: (() => void)[] = [];
/** Resolves when as many calls of Encode wait as are allowed. */
const full = Promise.withResolvers<void>();
let holds = true;

const edge = await startEdge(
  t.testdir(),
  {
    EncoderService: {
      listModels: () => ({}),
      encode: async (_: unknown, { requestHeader }: HandlerContext) => {
        received.push(requestHeader.get("x-flashfit-received") ?? "");
        if (!holds) return {};
        const { promise, resolve } = Promise.withResolvers<void>();
        waiting.push(resolve);
        if (waiting.length === BOUND) full.resolve();
        await promise;
        return {};
      },
    },
  },
  { EDGE_ENCODER_CALLS: String(BOUND) },
);
t.teardown(() => edge.end());

const nodeOptions = { ca: edge.ca };
const baseUrl = edge.url;
const request = create(EncodeRequestSchema, { input: { case: "text", value: "a red dress" } });
const connect = viaTransport(createConnectTransport({ baseUrl, httpVersion: "2", nodeOptions }));
const failureOf = (call: Promise<unknown>) => call.then(() => undefined, ConnectError.from);

t.test("of the calls from outside the Encoder gets so many at once; Envoy refuses one more", async (t) => {
  const held = [connect(EncoderService.method.encode, request), connect(EncoderService.method.encode, request)];
  await full.promise;

  for (const useBinaryFormat of [true, false]) {
    for (const httpVersion of ["1.1", "2"] as const) {
      const call = viaTransport(createConnectTransport({ baseUrl, httpVersion, nodeOptions, useBinaryFormat }));
      const refused = await failureOf(call(EncoderService.method.encode, request));
      t.equal(refused?.code, Code.ResourceExhausted);
      t.match(refused?.rawMessage, /too many calls at once/);
      t.equal(refused?.metadata.get("retry-after"), "1");
      t.equal(refused?.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds, 1n);
    }
  }
  const web = viaTransport(createGrpcWebTransport({ baseUrl, httpVersion: "2", nodeOptions }));
  t.equal((await failureOf(web(EncoderService.method.encode, request)))?.code, Code.ResourceExhausted);
  const grpc = viaTransport(createGrpcTransport({ baseUrl, nodeOptions }));
  t.equal((await failureOf(grpc(EncoderService.method.encode, request)))?.code, Code.Unavailable);
  t.equal(edge.calls.get("EncoderService/Encode"), BOUND, "none of them came through, and none was tried again");

  holds = false;
  await t.resolves(connect(EncoderService.method.listModels, create(ListModelsRequestSchema)), "lists are not counted");
  const { cert, key } = readIdentity(identityFiles(edge.certs, "fusion"));
  const mesh = createConnectTransport({
    ...{ baseUrl: edge.meshUrl, httpVersion: "2" },
    nodeOptions: { ca: edge.ca, cert, key },
  });
  await t.resolves(viaTransport(mesh)(EncoderService.method.encode, request), "nor are services");

  for (const end of waiting) end();
  await Promise.all(held);
  await t.resolves(connect(EncoderService.method.encode, request), "there is room again");
});

t.test("the Encoder is told when Envoy received a call, whatever the caller says of it", async (t) => {
  const forge = createConnectTransport({
    ...{ baseUrl, httpVersion: "2", nodeOptions },
    interceptors: [
      (next) => (call) => {
        call.header.set("x-flashfit-received", "1.000");
        return next(call);
      },
    ],
  });
  const before = Date.now() - 1;
  await viaTransport(forge)(EncoderService.method.encode, request);
  const said = received.at(-1) ?? "";
  t.match(said, /^\d{10,}\.\d{3}$/);
  t.ok(Number(said) * 1000 >= before && Number(said) * 1000 <= Date.now() + 1, said);
});
