import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type {
  LocalReplyConfigSchema,
  ResponseMapperSchema,
} from "../../gen/envoy-api/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { overwritten } from "./headers.ts";
import { all, header, type LogFilter } from "./log-filter.ts";

/** A call without the header is as one whose header is empty. */
const MISSING_IS_EMPTY = { treatMissingHeaderAsEmpty: true };

type Mapper = MessageInitShape<typeof ResponseMapperSchema>;

/** What Envoy itself may answer, and what that is called in RPC protocols. */
interface Refusal {
  status: number;
  code: string;
  grpc: number;
  message: string;
  /** Only when Envoy says why by this response flag; and then that is the answer's status. */
  overflow?: { flag: string; status: number };
}

/** When to come back after an overflow: Envoy does not know when there will be room. */
const OVERFLOW_RETRY_SECONDS = 1;

/** 404 is not here: what it is called depends on the path. */
const refusals: Refusal[] = [
  { status: 400, code: "invalid_argument", grpc: 3, message: "bad request" },
  { status: 401, code: "unauthenticated", grpc: 16, message: "authentication is required" },
  { status: 403, code: "permission_denied", grpc: 7, message: "permission denied" },
  { status: 408, code: "deadline_exceeded", grpc: 4, message: "the request took too long to arrive" },
  { status: 413, code: "resource_exhausted", grpc: 8, message: "the request is too large" },
  { status: 429, code: "resource_exhausted", grpc: 8, message: "too many calls, try again later" },
  { status: 431, code: "resource_exhausted", grpc: 8, message: "the request headers are too large" },
  {
    status: 503,
    code: "resource_exhausted",
    grpc: 8,
    message: "too many calls at once, try again later",
    overflow: { flag: "UO", status: 429 },
  },
  { status: 502, code: "unavailable", grpc: 14, message: "the service gave no valid answer" },
  { status: 503, code: "unavailable", grpc: 14, message: "the service is not available" },
  { status: 504, code: "deadline_exceeded", grpc: 4, message: "the service took too long" },
];
const noSuchMethod: Refusal = { status: 404, code: "unimplemented", grpc: 12, message: "no such method" };
const noSuchPath: Refusal = { status: 404, code: "not_found", grpc: 5, message: "no such path" };

/**
 * Envoy's own answers in the caller's protocol. gRPC needs no mapping: Envoy does that one itself.
 * gRPC-Web and Connect streams end with HTTP 200 and the error in the last frame; all else is Connect's JSON error,
 * which is also what REST callers get.
 */
export function localReplies(): MessageInitShape<typeof LocalReplyConfigSchema> {
  const inStreams = [...refusals, noSuchMethod].flatMap((refusal) => streamMappers(refusal));
  const rpcPath = header({
    ...MISSING_IS_EMPTY,
    name: ":path",
    how: "safeRegex",
    value: "^/[A-Za-z0-9_]+(\\.[A-Za-z0-9_]+)+/[A-Za-z0-9_]+(\\?.*)?$",
  });
  const asJson = [
    jsonMapper(noSuchMethod, [rpcPath]),
    jsonMapper(noSuchPath),
    ...refusals.map((refusal) => jsonMapper(refusal)),
  ];
  return { mappers: [...inStreams, ...asJson] };
}

function streamMappers(refusal: Refusal): Mapper[] {
  const trailer = frame(
    0x80,
    `grpc-status: ${refusal.grpc}\r\ngrpc-message: ${encodeURIComponent(refusal.message)}\r\n`,
  );
  const text = Buffer.from(trailer.toString("base64"));
  const end = frame(0x02, JSON.stringify({ error: { code: refusal.code, message: refusal.message } }));
  return [
    ...["application/grpc-web-text+proto", "application/grpc-web-text"].map((type) => mapper(refusal, type, text)),
    ...["application/grpc-web+proto", "application/grpc-web+json", "application/grpc-web"].map((type) =>
      mapper(refusal, type, trailer),
    ),
    ...["application/connect+proto", "application/connect+json"].map((type) => mapper(refusal, type, end)),
  ];
}

/** The answer to one content type: HTTP 200, one frame. */
function mapper(refusal: Refusal, contentType: string, body: Uint8Array): Mapper {
  return {
    filter: all([
      ...conditionsOf(refusal),
      header({ ...MISSING_IS_EMPTY, name: "content-type", how: "exact", value: contentType }),
    ]),
    statusCode: 200,
    bodyFormatOverride: {
      contentType,
      format: { case: "textFormatSource", value: { specifier: { case: "inlineBytes", value: escaped(body) } } },
    },
  };
}

function jsonMapper(refusal: Refusal, also: LogFilter[] = []): Mapper {
  const { code, message, overflow } = refusal;
  return {
    filter: all([
      ...conditionsOf(refusal),
      ...also,
      header({
        ...MISSING_IS_EMPTY,
        name: "content-type",
        how: "prefix",
        value: "application/grpc",
        invertMatch: true,
      }),
    ]),
    ...(overflow ? { statusCode: overflow.status } : {}),
    headersToAdd: [
      overwritten("cache-control", "no-store"),
      ...(overflow ? [overwritten("retry-after", String(OVERFLOW_RETRY_SECONDS))] : []),
    ],
    bodyFormatOverride: {
      contentType: "application/json",
      format: { case: "jsonFormat", value: { code, message, ...(overflow ? { details: [retryInfo()] } : {}) } },
    },
  };
}

function conditionsOf({ status, overflow }: Refusal): LogFilter[] {
  const flagged = overflow && {
    filterSpecifier: { case: "responseFlagFilter" as const, value: { flags: [overflow.flag] } },
  };
  return [statusIs(status), ...(flagged ? [flagged] : [])];
}

/** google.rpc.RetryInfo as Connect's JSON has the details of an error. */
function retryInfo() {
  const bytes = toBinary(
    RetryInfoSchema,
    create(RetryInfoSchema, { retryDelay: { seconds: BigInt(OVERFLOW_RETRY_SECONDS) } }),
  );
  return { type: RetryInfoSchema.typeName, value: Buffer.from(bytes).toString("base64").replaceAll("=", "") };
}

/** A percent sign starts a command operator in Envoy's formats; doubled it is itself. */
function escaped(body: Uint8Array): Uint8Array {
  return Buffer.from(Buffer.from(body).toString("latin1").replaceAll("%", "%%"), "latin1");
}

/** An enveloped message: flags, big-endian length, bytes. */
export function frame(flags: number, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function statusIs(status: number): LogFilter {
  const comparison = { value: { defaultValue: status, runtimeKey: `local_reply_${status}` } }; // op: EQ is the default
  return { filterSpecifier: { case: "statusCodeFilter", value: { comparison } } };
}
