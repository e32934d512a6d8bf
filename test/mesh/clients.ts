import { readFileSync } from "node:fs";
import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { ConnectError, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { EagerSessionManager } from "../../services/kit/session-manager.ts";

/** Calls one unary RPC with a ready message and resolves with its answer, or rejects with a ConnectError. */
export type UnaryCall = <I extends DescMessage, O extends DescMessage>(
  method: DescMethodUnary<I, O>,
  message: MessageShape<I>,
) => Promise<MessageShape<O>>;

/** Everything that a caller outside may speak, by name; all through the edge with the local CA trusted. */
export function everyProtocol(
  edgeUrl: string,
  caFile: string,
): { calls: Map<string, UnaryCall>; transports: Map<string, Transport>; close(): void } {
  const ca = readFileSync(caFile);
  const nodeOptions = { ca, maxSessionMemory: 256 }; // MB; with its 10 by default node:http2 gives up the connection after a 30 MB photo
  const transports: [string, Transport][] = [
    [
      "connect json h2",
      createConnectTransport({ baseUrl: edgeUrl, httpVersion: "2", nodeOptions, useBinaryFormat: false }),
    ],
    [
      "connect proto h1",
      createConnectTransport({ baseUrl: edgeUrl, httpVersion: "1.1", nodeOptions, useBinaryFormat: true }),
    ],
    ["grpc", createGrpcTransport({ baseUrl: edgeUrl, nodeOptions })],
    ["grpc-web", createGrpcWebTransport({ baseUrl: edgeUrl, httpVersion: "2", nodeOptions })],
  ];
  const calls = new Map<string, UnaryCall>(transports.map(([name, transport]) => [name, viaTransport(transport)]));
  const channel = new grpc.Client(new URL(edgeUrl).host, grpc.credentials.createSsl(ca), {
    "grpc.max_send_message_length": -1,
    "grpc.ssl_target_name_override": "localhost",
  });
  calls.set("grpc-js", viaGrpcJs(channel));
  return { calls, transports: new Map(transports), close: () => channel.close() };
}

/** Connect over HTTP/2, as a service beside the mesh would speak to its edge. */
export function edgeTransport({ edgeUrl, caFile }: { edgeUrl: string; caFile: string }, defaultTimeoutMs?: number) {
  const sessionManager = new EagerSessionManager(edgeUrl, 64 * 1024 * 1024, undefined, { ca: readFileSync(caFile) });
  return createConnectTransport({ baseUrl: edgeUrl, httpVersion: "2", sessionManager, defaultTimeoutMs });
}

/** A call over any connect-es transport, with a deadline so that no test waits for ever. */
export function viaTransport(transport: Transport): UnaryCall {
  return async (method, message) => {
    const answer = await transport.unary(method, AbortSignal.timeout(30_000), 30_000, undefined, message as never);
    return answer.message as never;
  };
}

function viaGrpcJs(channel: grpc.Client): UnaryCall {
  return (method, message) =>
    new Promise((resolve, reject) => {
      channel.makeUnaryRequest(
        `/${method.parent.typeName}/${method.name}`,
        (request: typeof message) => Buffer.from(toBinary(method.input, request as never)),
        (bytes: Buffer) => fromBinary(method.output, bytes),
        message,
        new grpc.Metadata(),
        { deadline: Date.now() + 30_000 },
        (error, answer) =>
          error
            ? // grpc-js takes the percent signs of `;`, `:`, `,` and `/` for letters.
              reject(new ConnectError(decodeURIComponent(error.details), error.code as number, metadataOf(error)))
            : resolve(answer as never),
      );
    });
}

function metadataOf(error: grpc.ServiceError): [string, string][] {
  return Object.entries(error.metadata?.getMap() ?? {})
    .filter(([name]) => !name.endsWith("-bin"))
    .map(([name, value]): [string, string] => [name, String(value)]);
}
