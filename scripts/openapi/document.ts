import type { DescMethod, Registry } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { contracts, meshOnly, restPaths } from "../../envoy/mesh/services.ts";
import { commentOf } from "./comments.ts";
import { type Json, Schemas } from "./schemas.ts";

const ERROR = { $ref: "#/components/schemas/connect.error" };
const NO_SIDE_EFFECTS = MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;

/**
 * The OpenAPI 3.1 document of what the edge answers in JSON: the REST paths, and every unary method of the contracts as
 * Connect's POST. Streams are left out: OpenAPI has no words for them.
 *
 * @param registry the contracts with their comments
 */
export function openApiDocument(registry: Registry, version: string): Json {
  const schemas = new Schemas();
  const hidden = new Set(meshOnly.map(pathOf));
  const services = Object.values(contracts).flatMap((list) =>
    list.flatMap(({ typeName }) => registry.getService(typeName) ?? []),
  );
  const methods = services.flatMap(({ methods }) => methods).filter(({ methodKind }) => methodKind === "unary");
  const byPath = new Map(methods.map((method) => [pathOf(method), method]));
  const paths: Record<string, Json> = {};
  for (const { method: verb, path, rpc } of restPaths) {
    const method = byPath.get(rpc);
    if (!method) throw new RangeError(`expected the contract to have ${rpc}`);
    paths[path] = { ...paths[path], [verb.toLowerCase()]: restOperation(verb, path, method, schemas) };
  }
  for (const [path, method] of byPath) {
    if (!hidden.has(path)) paths[path] = { post: operation(method, method.parent.name, path.slice(1), schemas) };
  }
  const tags = [
    { name: "REST", description: "Plain paths in front of the methods below." },
    ...services.map((service) => ({ name: service.name, description: commentOf(service) })),
  ];
  return {
    openapi: "3.1.0",
    info: {
      title: "FlashFit Mesh",
      version,
      description:
        "Every method is also reachable over gRPC, gRPC-Web and Connect, streams included; reflection at the edge describes them. Nobody is asked to prove who they are yet: whoever knows a user id speaks for that person, so ids are to be long, random and kept secret.",
    },
    servers: [{ url: "/" }],
    tags,
    paths,
    components: { schemas: { "connect.error": connectError, ...sorted(schemas.all) } },
  };
}

const connectError: Json = {
  type: "object",
  description: "Connect's form of an error.",
  properties: {
    code: { type: "string", description: "invalid_argument, not_found, unavailable, …" },
    message: { type: "string" },
    details: { type: "array", items: { type: "object" } },
  },
  required: ["code"],
};

/** A GET or DELETE has its request in the query, and one field perhaps in the path; a POST has it in the body. */
function restOperation(verb: string, path: string, method: DescMethod, schemas: Schemas): Json {
  const id = `${verb.toLowerCase()}_${path.replace(/[^A-Za-z]+/g, "_").replace(/^_|_$/g, "")}`;
  if (verb === "POST") return operation(method, "REST", id, schemas);
  const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  const fields = method.input.fields.filter(({ fieldKind }) => fieldKind !== "message" && fieldKind !== "map");
  const parameters = fields.map((field) => {
    const { description, ...schema } = schemas.field(field);
    const place = inPath.has(field.jsonName) ? { in: "path", required: true } : { in: "query" };
    return { name: field.jsonName, ...place, ...(description ? { description } : {}), schema };
  });
  return { ...described(method, "REST", id), parameters, responses: responses(method, schemas) };
}

function operation(method: DescMethod, tag: string, id: string, schemas: Schemas): Json {
  const content = { "application/json": { schema: schemas.of(method.input) } };
  return {
    ...described(method, tag, id),
    requestBody: { required: true, content },
    responses: responses(method, schemas),
  };
}

function described(method: DescMethod, tag: string, operationId: string): Json {
  const comment = commentOf(method);
  const summary = /^[^.:]*/.exec(comment.split("\n")[0] ?? "")?.[0] ?? method.name;
  const safe = method.idempotency === NO_SIDE_EFFECTS ? { "x-no-side-effects": true } : {};
  return { tags: [tag], operationId, summary, description: comment, ...safe };
}

function responses(method: DescMethod, schemas: Schemas): Json {
  const json = (schema: Json) => ({ content: { "application/json": { schema } } });
  return {
    "200": { description: "the answer", ...json(schemas.of(method.output)) },
    default: { description: "an error", ...json(ERROR) },
  };
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function sorted(all: Json): Json {
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}
