import type { OutgoingHttpHeaders } from "node:http2";
import { create, type DescMessage, type DescMethodUnary, isMessage, type MessageInitShape } from "@bufbuild/protobuf";
import {
  appendHeaders,
  ConnectError,
  createContextValues,
  type Interceptor,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import {
  errorFromJsonBytes,
  trailerDemux,
  validateResponseWithCompression,
} from "@connectrpc/connect/protocol-connect";
import { currentCall } from "../context.ts";
import { HeaderFields } from "../serve/lean/header-fields.ts";
import type { EagerSessionManager } from "../session-manager.ts";
import { passOn } from "./pass-on.ts";
import { exchange, type UnaryReply } from "./unary-exchange.ts";

type Method = DescMethodUnary<DescMessage, DescMessage>;
type GivenHeader = ConstructorParameters<typeof Headers>[0];
type Answer = (request: UnaryRequest) => Promise<UnaryResponse>;

export interface UnaryTransportOptions {
  baseUrl: string;
  sessions: EagerSessionManager;
  /** Of a call outside of any call, milliseconds. */
  timeoutMs: number;
  /** Largest answer. */
  maxMessageBytes: number;
  /** The first one outermost. */
  interceptors: readonly Interceptor[];
}

/** Of calls that nobody gives up. */
const NEVER = new AbortController().signal;
const PROTO = "application/proto";

/**
 * Unary calls over Connect, binary, on a stream of node:http2 itself, without connect-node's client, whose iterators, linked
 * signals and copies of headers cost several times what the call does. What a call says and what its answer means is left to
 * connect-es.
 */
export function unaryTransport(options: UnaryTransportOptions): Transport["unary"] {
  const { baseUrl, interceptors } = options;
  const origin = baseUrl.replace(/\/$/, "");
  const methods = new Map<Method, MethodCalls>();
  const of = (method: Method) => {
    let known = methods.get(method);
    if (!known) {
      known = new MethodCalls(method, origin, options);
      methods.set(method, known);
    }
    return known;
  };
  const innermost: Answer = (request) => of(request.method as Method).send(request);
  // Interceptors are typed for streams too; a unary call gives them nothing but unary ones.
  const answer = interceptors.reduceRight<Answer>((next, one) => one(next as never) as never, innermost);
  const unary = async (
    method: Method,
    signal: AbortSignal = NEVER,
    timeoutMs: number | undefined,
    header: GivenHeader,
    input: MessageInitShape<DescMessage>,
    contextValues = createContextValues(),
  ) => {
    const message = isMessage(input, method.input) ? input : create(method.input, input);
    const fixed = {
      stream: false,
      service: method.parent,
      method,
      requestMethod: "POST",
      url: of(method).url,
    } as const;
    try {
      return await answer({ ...fixed, header: headerOf(header, timeoutMs), contextValues, message, signal });
    } catch (error) {
      throw ConnectError.from(error);
    }
  };
  return unary as Transport["unary"];
}

/** What calls of one method share. */
class MethodCalls {
  readonly url: string;
  readonly #method: Method;
  readonly #path: string;
  readonly #serialization: ReturnType<typeof createMethodSerializationLookup<DescMessage, DescMessage>>;
  readonly #options: UnaryTransportOptions;

  constructor(method: Method, origin: string, options: UnaryTransportOptions) {
    this.url = `${origin}/${method.parent.typeName}/${method.name}`;
    this.#method = method;
    this.#path = new URL(this.url).pathname;
    const limits = { readMaxBytes: options.maxMessageBytes, writeMaxBytes: 0xffffffff };
    this.#serialization = createMethodSerializationLookup(method, undefined, undefined, limits);
    this.#options = options;
  }

  async send({ header, message, signal }: UnaryRequest): Promise<UnaryResponse> {
    const { sessions, timeoutMs, maxMessageBytes } = this.#options;
    const call = currentCall();
    const limitMs = passOn(header, call, timeoutMs);
    const reply = await exchange({
      ...{ sessions, path: this.#path, timeoutMs: limitMs, maxBytes: maxMessageBytes },
      fields: fieldsOf(header),
      body: this.#serialization.getI(true).serialize(message),
      signals: [signal, call?.signal].filter((one) => one !== undefined && one !== NEVER) as AbortSignal[],
    });
    return this.#read(reply);
  }

  #read({ fields, body }: UnaryReply): UnaryResponse {
    let header: Headers = new HeaderFields(fields);
    let trailer: Headers = new HeaderFields();
    const isPlain = fields[":status"] === 200 && fields["content-type"] === PROTO && !fields["content-encoding"];
    if (!isPlain || Object.keys(fields).some((name) => name.startsWith("trailer-"))) {
      const status = fields[":status"] ?? 0;
      const { isUnaryError, unaryError } = validateResponseWithCompression("unary", [], true, status, header);
      [header, trailer] = trailerDemux(header);
      if (isUnaryError) throw errorFromJsonBytes(body, appendHeaders(header, trailer), unaryError);
    }
    const message = this.#serialization.getO(true).parse(body);
    return { stream: false, service: this.#method.parent, method: this.#method, header, trailer, message };
  }
}

/** The header of a request, with what the caller adds to it. */
function headerOf(given: GivenHeader, timeoutMs: number | undefined): Headers {
  const header = new HeaderFields();
  if (given) for (const [name, value] of new Headers(given)) header.append(name, value);
  if (timeoutMs !== undefined && timeoutMs > 0) header.set("connect-timeout-ms", String(timeoutMs));
  header.set("content-type", PROTO);
  header.set("connect-protocol-version", "1");
  return header;
}

function fieldsOf(header: Headers): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {};
  // An interceptor may have put another one in its place.
  if (header instanceof HeaderFields) header.addTo(fields);
  else for (const [name, value] of header) fields[name] = value;
  return fields;
}
