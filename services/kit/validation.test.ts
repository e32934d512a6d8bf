import { create } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import t from "tap";
import { NewGarmentSchema } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService, SearchRequestSchema } from "../../gen/flashfit/index/v1/index_pb.ts";
import { BadRequestSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { prepareValidation, validate } from "./validation.ts";

t.test("every broken rule is named with its path, in both kinds of detail", async (t) => {
  const message = create(SearchRequestSchema, {
    k: 0,
    queries: [
      { index: "i", vector: new Uint8Array(4) },
      { index: "", vector: new Uint8Array(6) },
    ],
  });
  const error = t.throws(() => validate(SearchRequestSchema, message)) as unknown as ConnectError;
  t.equal(error.code, Code.InvalidArgument);
  const fields = error.findDetails(BadRequestSchema)[0]!.fieldViolations.map(({ field }) => field);
  t.same(fields.sort(), ["k", "queries[1].index", "queries[1].vector"]);
  t.ok(error.details.some((detail) => "desc" in detail && detail.desc.typeName === "buf.validate.Violations"));
  t.match(error.message, /queries\[1\]\.vector: must hold whole float32 values/);
});

t.test("a prefix says where in the request the message stands", async (t) => {
  const error = t.throws(() =>
    validate(NewGarmentSchema, create(NewGarmentSchema), "garment"),
  ) as unknown as ConnectError;
  t.match(error.rawMessage, /^garment\.photo: /);
});

t.test("a valid message passes", async () =>
  validate(NewGarmentSchema, create(NewGarmentSchema, { photo: new Uint8Array(10) })),
);

t.test("what was got is said: small values themselves, large ones by their size", async (t) => {
  const message = create(SearchRequestSchema, {
    k: 5000,
    queries: [{ index: "clip", vector: new Uint8Array(6) }],
    filter: { categories: ["x".repeat(100)] },
  });
  const error = t.throws(() => validate(SearchRequestSchema, message)) as unknown as ConnectError;
  t.match(error.rawMessage, /k: .* \(got 5000\)/);
  t.match(error.rawMessage, /queries\[0\]\.vector: .* \(got 6 bytes\)/);
  t.match(error.rawMessage, /filter\.categories\[0\]: .* \(got 100 characters\)/);
});

t.test("an answer about a thousand bad fields stays small enough for a trailer", async (t) => {
  const message = create(SearchRequestSchema, { k: 1, queries: Array.from({ length: 1000 }, () => ({})) });
  const error = t.throws(() => validate(SearchRequestSchema, message)) as unknown as ConnectError;
  t.match(error.rawMessage, /and \d+ more fields break a rule$/);
  t.ok(error.rawMessage.length < 4000);
});

t.test("the rules of a contract compile", async () => prepareValidation([IndexService]));
