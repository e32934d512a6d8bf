import { create, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  type ConformancePayload_RequestInfo,
  ConformancePayload_RequestInfoSchema,
  type ConformanceService,
  type Error as ErrorDefinition,
  type Header,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  type StreamResponseDefinition,
  UnaryRequestSchema,
  type UnaryResponseDefinition,
} from "./gen/connectrpc/conformance/v1/service_pb.ts";

/** The service that the conformance suite calls: every request says how it wants to be answered. */
export const conformanceService: Partial<ServiceImpl<typeof ConformanceService>> = {
  unary: (request, context) => unaryAnswer(request.responseDefinition, [pack(UnaryRequestSchema, request)], context),

  idempotentUnary: (request, context) =>
    unaryAnswer(request.responseDefinition, [pack(IdempotentUnaryRequestSchema, request)], context),

  async clientStream(requests, context) {
    const seen: Any[] = [];
    let definition: UnaryResponseDefinition | undefined;
    for await (const request of requests) {
      definition ??= request.responseDefinition;
      seen.push(pack(ClientStreamRequestSchema, request));
    }
    return unaryAnswer(definition, seen, context);
  },

  async *serverStream(request, context) {
    const definition = request.responseDefinition;
    if (!definition) return;
    addHeaders(definition, context);
    yield* remaining(definition, 0, () => requestInfo(context, [pack(ServerStreamRequestSchema, request)]));
  },

  async *bidiStream(requests, context) {
    const seen: Any[] = [];
    let definition: StreamResponseDefinition | undefined;
    let fullDuplex = false;
    let sent = 0;
    for await (const request of requests) {
      if (seen.length === 0) {
        definition = request.responseDefinition;
        fullDuplex = request.fullDuplex;
        if (definition) addHeaders(definition, context);
      }
      const packed = pack(BidiStreamRequestSchema, request);
      seen.push(packed);
      if (!fullDuplex || !definition) continue;
      if (sent >= definition.responseData.length) {
        if (definition.error) break;
        continue;
      }
      await delay(definition.responseDelayMs);
      const info =
        sent === 0 ? requestInfo(context, seen) : create(ConformancePayload_RequestInfoSchema, { requests: [packed] });
      yield { payload: { data: definition.responseData[sent], requestInfo: info } };
      sent += 1;
    }
    if (definition) yield* remaining(definition, sent, () => requestInfo(context, seen));
  },
};

/** The responses of a stream from the given one on, then its error if it has one. */
async function* remaining(
  definition: StreamResponseDefinition,
  from: number,
  info: () => ConformancePayload_RequestInfo,
) {
  let sent = from;
  for (const data of definition.responseData.slice(from)) {
    await delay(definition.responseDelayMs);
    yield { payload: { data, requestInfo: sent === 0 ? info() : undefined } };
    sent += 1;
  }
  if (definition.error) throw errorOf(definition.error, sent === 0 ? info() : undefined);
}

async function unaryAnswer(definition: UnaryResponseDefinition | undefined, requests: Any[], context: HandlerContext) {
  const info = requestInfo(context, requests);
  if (!definition) return { payload: { requestInfo: info } };
  addHeaders(definition, context);
  await delay(definition.responseDelayMs);
  if (definition.response.case === "error") throw errorOf(definition.response.value, info);
  const data = definition.response.case === "responseData" ? definition.response.value : new Uint8Array();
  return { payload: { requestInfo: info, data } };
}

function requestInfo(context: HandlerContext, requests: Any[]): ConformancePayload_RequestInfo {
  const timeLeft = context.timeoutMs();
  const query = new URL(context.url).searchParams;
  const queryParams = [...new Set(query.keys())].map((name) => ({ name, value: query.getAll(name) }));
  return create(ConformancePayload_RequestInfoSchema, {
    requestHeaders: [...context.requestHeader].map(([name, value]) => ({ name, value: [value] })),
    requests,
    timeoutMs: timeLeft === undefined ? undefined : BigInt(Math.ceil(timeLeft)),
    connectGetInfo: context.requestMethod === "GET" ? { queryParams } : undefined,
  });
}

function errorOf(definition: ErrorDefinition, info: ConformancePayload_RequestInfo | undefined): ConnectError {
  const error = new ConnectError(definition.message ?? "", definition.code as number as Code);
  for (const { typeUrl, value } of definition.details) {
    error.details.push({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value });
  }
  if (info) error.details.push({ desc: ConformancePayload_RequestInfoSchema, value: info });
  return error;
}

function addHeaders(
  { responseHeaders, responseTrailers }: { responseHeaders: Header[]; responseTrailers: Header[] },
  { responseHeader, responseTrailer }: HandlerContext,
): void {
  const add = (to: Headers, { name, value }: Header) => {
    for (const one of value) to.append(name, one);
  };
  for (const header of responseHeaders) add(responseHeader, header);
  for (const header of responseTrailers) add(responseTrailer, header);
}

function pack<Desc extends DescMessage>(schema: Desc, message: MessageShape<Desc>): Any {
  return anyPack(schema, message);
}

/** The suite asks for slow answers to test deadlines and cancellation. */
function delay(ms: number): Promise<void> {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : Promise.resolve();
}
