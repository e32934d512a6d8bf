import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { BadRequestSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import { explainError, isOutOfReach } from "./explain-error.ts";

t.test("a refusal names the field in words", async (t) => {
  const value = create(BadRequestSchema, {
    fieldViolations: [{ field: "garment.photo", description: "is a broken or truncated jpeg file: bad huffman code" }],
  });
  const error = new ConnectError("long", Code.InvalidArgument, undefined, [{ desc: BadRequestSchema, value }]);
  t.same(explainError(error), {
    title: "This cannot be used as it is",
    detail: "photo is a broken or truncated jpeg file: bad huffman code",
    temporary: false,
  });
});

t.test("without details the server's message stands", async (t) => {
  const { detail, temporary } = explainError(new ConnectError("encoder: no answer from blip", Code.Unavailable));
  t.equal(detail, "encoder: no answer from blip");
  t.ok(temporary);
});

t.test("a fetch that failed is an edge out of reach", async (t) => {
  const failed = ConnectError.from(new TypeError("Failed to fetch"), Code.Internal);
  t.ok(isOutOfReach(failed));
  t.equal(explainError(failed).title, "FlashFit cannot be reached");
  t.notOk(isOutOfReach(new ConnectError("away", Code.Unavailable)));
});
