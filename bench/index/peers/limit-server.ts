import { readFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import process from "node:process";
import { create, toBinary } from "@bufbuild/protobuf";
import { SearchResponseSchema } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { argumentOf } from "../../support/script.ts";

// The least that a service on Node can be: node:http2 with mutual TLS that reads a request to its end and answers the same bytes
// to all, ten neighbours. Envoy's questions after its health get them too, which is as good as any answer with 200.

/** What it is told, as JSON in its only argument. */
export interface LimitServerTask {
  port: number;
  /** Files, PEM. */
  tls: { cert: string; key: string; ca: string };
}

const { port, tls } = argumentOf<LimitServerTask>();
const neighbours = Array.from({ length: 10 }, (_, n) => ({ itemId: String(10_000 + n), score: -1e6 * n }));
const answer = create(SearchResponseSchema, { results: [{ index: "clip_fashion", neighbours }], appliedSeq: 60_000n });
const bytes = toBinary(SearchResponseSchema, answer);
const [cert, key, ca] = [readFileSync(tls.cert), readFileSync(tls.key), readFileSync(tls.ca)];
const server = createSecureServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true });
server.on("stream", (stream) => {
  stream.resume();
  stream.once("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/proto", "content-length": bytes.length });
    stream.end(bytes);
  });
});
server.listen(port, "127.0.0.1", () => console.log(JSON.stringify({ event: "serving", pid: process.pid })));
