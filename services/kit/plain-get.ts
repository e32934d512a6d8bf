import {
  type DescField,
  type DescMessage,
  type DescMethod,
  fromJson,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { invalidArgument } from "./errors.ts";

/** Well-known messages whose JSON form is a string, so that one query parameter can hold them. */
const STRING_MESSAGES = new Set(["google.protobuf.Timestamp", "google.protobuf.Duration", "google.protobuf.FieldMask"]);

/**
 * The Connect GET that a plain GET stands for: query parameters become the fields of the request, so that
 * `/pkg.Service/List?ownerId=ada&pageSize=3` can be typed by hand or written into a route.
 *
 * A repeated field takes its parameter once per element; a field of a message is written `filter.category=x`.
 * A URL that already is a Connect GET comes back as it is.
 *
 * @throws ConnectError InvalidArgument that names the parameter.
 */
export function connectGetUrl(method: DescMethod, url: URL): URL {
  const query = queryOf(url);
  if (query.has("connect") || (query.has("encoding") && query.has("message"))) {
    if (query.get("base64") === "1") assertBase64(query.get("message") ?? "");
    return url;
  }
  const message = messageFromQuery(method.input, query);
  try {
    fromJson(method.input, message);
  } catch (error) {
    throw new ConnectError(error instanceof Error ? error.message : String(error), Code.InvalidArgument);
  }
  const get = new URL(url);
  get.search = new URLSearchParams({ connect: "v1", encoding: "json", message: JSON.stringify(message) }).toString();
  return get;
}

/** Whether a DELETE may stand for a call: for a unary one that may be repeated. connect-es answers any other with 405. */
export function mayBeDeleted(method: DescMethod): boolean {
  return method.methodKind === "unary" && method.idempotency === MethodOptions_IdempotencyLevel.IDEMPOTENT;
}

/**
 * The Connect POST that a plain DELETE stands for: its query parameters become the fields of the request, as with a GET.
 * For methods that {@link mayBeDeleted}.
 *
 * @throws ConnectError InvalidArgument that names the parameter.
 */
export function connectDelete(method: DescMethod, url: URL): { url: URL; message: JsonObject } {
  const bare = new URL(url);
  bare.search = "";
  return { url: bare, message: messageFromQuery(method.input, queryOf(url)) };
}

/** Envoy that turns a part of the path into `?id=x&` leaves the caller's own query behind it with its `?`. */
function queryOf({ search }: URL): URLSearchParams {
  return new URLSearchParams(search.replace("&?", "&"));
}

type JsonObject = { [name: string]: JsonValue };

/** Query parameters as the JSON of a message. Names are accepted in both spellings, `ownerId` and `owner_id`. */
export function messageFromQuery(message: DescMessage, query: URLSearchParams): JsonObject {
  const json: JsonObject = {};
  for (const name of new Set(query.keys())) {
    const { field, holder } = findField(message, name, json);
    if (field.jsonName in holder) throw invalidArgument(name, "given in two spellings");
    holder[field.jsonName] = jsonOf(field, name, query.getAll(name));
  }
  return json;
}

/** The field that a dotted name means, and the JSON object that holds it, made on the way. */
function findField(message: DescMessage, name: string, json: JsonObject): { field: DescField; holder: JsonObject } {
  let desc = message;
  let holder = json;
  const parts = name.split(".");
  for (const [depth, part] of parts.entries()) {
    const field = desc.fields.find((one) => one.jsonName === part || one.name === part);
    if (!field) {
      const known = desc.fields.map(({ jsonName }) => jsonName).join(", ");
      throw invalidArgument(name, `unknown parameter of ${desc.typeName}; known: ${known || "none"}`);
    }
    if (depth === parts.length - 1) return { field, holder };
    if (field.fieldKind !== "message") throw invalidArgument(name, `${part} has no fields of its own`);
    const inner = holder[field.jsonName] ?? {};
    if (typeof inner !== "object" || inner === null || Array.isArray(inner))
      throw invalidArgument(name, "given in two forms");
    holder[field.jsonName] = inner;
    holder = inner;
    desc = field.message;
  }
  throw invalidArgument(name, "empty parameter name");
}

function jsonOf(field: DescField, name: string, values: string[]): JsonValue {
  if (field.fieldKind === "list" && field.listKind !== "message") {
    const kind = field.listKind === "enum" ? "enum" : field.scalar;
    return values.map((value) => scalarOf(kind, name, value));
  }
  const [value = ""] = values;
  if (values.length > 1) throw invalidArgument(name, `takes one value, got ${values.length}`);
  if (field.fieldKind === "scalar") return scalarOf(field.scalar, name, value);
  if (field.fieldKind === "enum") return scalarOf("enum", name, value);
  if (field.fieldKind === "message" && STRING_MESSAGES.has(field.message.typeName)) return value;
  throw invalidArgument(name, "cannot be written as a query parameter; send the message as JSON with POST");
}

/** What proto3 JSON takes as a string already stays one: numbers, 64-bit integers, base64. */
function scalarOf(kind: ScalarType | "enum", name: string, value: string): JsonValue {
  if (kind === "enum") return /^-?\d+$/.test(value) ? Number(value) : value;
  if (kind !== ScalarType.BOOL) return value;
  if (value !== "true" && value !== "false")
    throw invalidArgument(name, `expected true or false, got ${JSON.stringify(value)}`);
  return value === "true";
}

/** Connect takes base64 with or without padding, in the URL alphabet; anything else must not become Internal. */
function assertBase64(text: string): void {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1) {
    throw invalidArgument("message", "is not base64");
  }
}
