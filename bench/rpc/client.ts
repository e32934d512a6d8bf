import * as http2 from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { EncodeRequestSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { type IdentityFiles, readIdentity } from "../../test/support/identity.ts";
import { argumentOf } from "../support/script.ts";

/** What the client is told, as JSON in its only argument. */
export interface RpcLoad {
  url: string;
  tls: IdentityFiles;
  concurrent: number;
  calls: number;
  /** HTTP status of every answer; another fails the bench. */
  status: number;
  /** Bytes of a photo to send; 0: a short text. */
  photoBytes: number;
}

// Calls over one HTTP/2 connection, in a process of its own, by node:http2 alone: as little as a client can cost. Its last line
// is how many there were.

const load = argumentOf<RpcLoad>();
const { photoBytes } = load;
const input = photoBytes
  ? { case: "photo" as const, value: new Uint8Array(photoBytes).fill(7) }
  : { case: "text" as const, value: "a red summer dress with white dots" };
const body = toBinary(EncodeRequestSchema, create(EncodeRequestSchema, { input }));
const session = http2.connect(load.url, {
  ...readIdentity(load.tls),
  checkServerIdentity: () => undefined,
});
session.setMaxListeners(0);
const headers = {
  ":method": "POST",
  ":path": "/flashfit.encoder.v1.EncoderService/Encode",
  "content-type": "application/proto",
  "content-length": String(body.byteLength),
  "connect-protocol-version": "1",
  "connect-timeout-ms": "9000",
  "x-request-id": "0af76519-16cd-43dd-8448-eb211c80319c",
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
};

let left = load.calls;
const call = () =>
  new Promise<void>((resolve, reject) => {
    const stream = session.request(headers);
    let status = 0;
    stream.on("response", (answer) => {
      status = Number(answer[":status"]);
    });
    stream.on("data", () => {});
    stream.on("error", reject);
    stream.on("end", () => {
      if (status === load.status) resolve();
      else reject(new Error(`expected status ${load.status}, got ${status}`));
    });
    stream.end(body);
  });
const caller = async () => {
  while (left-- > 0) await call();
};
await Promise.all(Array.from({ length: load.concurrent }, caller));
session.destroy();
console.log(JSON.stringify({ calls: load.calls }));
