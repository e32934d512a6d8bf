import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { AddGarmentRequestSchema, WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { everyProtocol } from "../mesh/clients.ts";
import { refusal } from "../support/calls.ts";
import { startEdge } from "./edge.ts";

const edge = await startEdge(t.testdir(), {
  WardrobeService: {
    addGarment: () => {
      throw new ConnectError("expected a photo, got zeros", Code.InvalidArgument);
    },
  },
});
t.teardown(() => edge.end());
const { calls, close } = everyProtocol(edge.url, join(edge.certs, "ca.crt"));
t.teardown(close);

for (const [name, call] of calls) {
  for (const [megabytes, code] of [
    [10, Code.InvalidArgument],
    [30, Code.ResourceExhausted],
  ] as const) {
    t.test(`${name}: a photo of ${megabytes} MB gets the service's own answer`, async (t) => {
      const request = create(AddGarmentRequestSchema, {
        garment: { photo: new Uint8Array(megabytes * 1_000_000) },
      });
      const error = await refusal(call(WardrobeService.method.addGarment, request));
      t.equal(Code[error.code], Code[code], error.rawMessage);
    });
  }
}
