import { fromJsonString } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import t from "tap";
import { ListGarmentsRequestSchema, WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { ServerReflectionRequestSchema } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { connectGetUrl, messageFromQuery } from "./plain-get.ts";

const method = WardrobeService.method.listGarments;
const at = (query: string) => new URL(`http://mesh/flashfit.fusion.v1.WardrobeService/ListGarments${query}`);
const refusalOf = (query: string) => {
  try {
    connectGetUrl(method, at(query));
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error(`${query} was accepted`);
};

t.test("query parameters become the fields of the request, in either spelling", async (t) => {
  for (const query of ["?ownerId=ada&pageSize=3", "?owner_id=ada&page_size=3"]) {
    const get = connectGetUrl(method, at(query)).searchParams;
    t.equal(get.get("connect"), "v1");
    t.equal(get.get("encoding"), "json");
    t.match(fromJsonString(ListGarmentsRequestSchema, get.get("message") ?? ""), { ownerId: "ada", pageSize: 3 });
  }
});

t.test("any text survives the way through the URL", async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (ownerId) => {
      const get = connectGetUrl(method, at(`?${new URLSearchParams({ ownerId })}`)).searchParams;
      return fromJsonString(ListGarmentsRequestSchema, get.get("message") ?? "").ownerId === ownerId;
    }),
  );
  t.pass();
});

t.test("a field of a message is written with a dot", async (t) => {
  const query = new URLSearchParams({ "file_containing_extension.containing_type": "a.B" });
  t.same(messageFromQuery(ServerReflectionRequestSchema, query), {
    fileContainingExtension: { containingType: "a.B" },
  });
});

t.test("a parameter that is wrong is named, with the reason", async (t) => {
  for (const [query, expected] of [
    ["?owner=ada", /^owner: unknown parameter .* known: ownerId/],
    ["?ownerId=ada&ownerId=bob", /^ownerId: takes one value, got 2/],
    ["?ownerId=ada&owner_id=bob", /^owner_id: given in two spellings/],
    ["?ownerId.x=1", /^ownerId.x: ownerId has no fields/],
    ["?pageSize=three", /pageSize|page_size/],
  ] as const) {
    const error = refusalOf(query);
    t.equal(error.code, Code.InvalidArgument, query);
    t.match(error.rawMessage, expected);
  }
});

t.test("a Connect GET stays as it is, unless its base64 is none", async (t) => {
  const url = at("?connect=v1&encoding=json&message=%7B%7D");
  t.equal(connectGetUrl(method, url), url);
  t.equal(refusalOf("?connect=v1&encoding=proto&base64=1&message=*").code, Code.InvalidArgument);
});
