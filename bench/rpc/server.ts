import { readFileSync } from "node:fs";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { create, toBinary } from "@bufbuild/protobuf";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { EncodeResponseSchema, EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { resourceExhausted } from "../../services/kit/errors.ts";
import { implement } from "../../services/kit/serve.ts";
import { serveEcho } from "../support/echo.ts";

// The same answer by three servers with the same TLS: KIND is `http2` (node:http2 alone, the least there can be), `connect`
// (connect-node's adapter) or `kit` (a service of the kit). EMBEDDINGS of 1 KB are in an answer. What comes in as a photo the
// kit refuses by its headers.

const env = (name: string) => process.env[name] ?? "";
const vector = new Uint8Array(1024).fill(7);
const embeddings = Array.from({ length: Number(env("EMBEDDINGS")) }, (_, n) => ({ model: `m${n}`, vector }));
const message = create(EncodeResponseSchema, { embeddings });
const bytes = toBinary(EncodeResponseSchema, message);
const tls = {
  cert: readFileSync(env("TLS_CERT_FILE")),
  key: readFileSync(env("TLS_KEY_FILE")),
  ca: readFileSync(env("TLS_CA_FILE")),
  requestCert: true,
  rejectUnauthorized: true,
};

if (env("KIND") === "kit") {
  const gate = ({ header }: { header: Headers }) => {
    if (Number(header.get("content-length")) >= 8192) throw resourceExhausted("busy: come back later", 1000);
    return undefined;
  };
  await serveEcho(EncoderService, implement(EncoderService, { encode: () => message }, { encode: gate }));
} else {
  const server = http2.createSecureServer(tls, env("KIND") === "connect" ? adapter() : undefined);
  if (env("KIND") === "http2") server.on("stream", echo);
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    console.log(JSON.stringify({ event: "serving", url: `https://127.0.0.1:${port}` }));
  });
}

function adapter() {
  return connectNodeAdapter({ routes: (router) => router.service(EncoderService, { encode: () => message }) });
}

function echo(stream: http2.ServerHttp2Stream): void {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => {});
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/proto", "content-length": bytes.byteLength });
    stream.end(bytes);
  });
}
