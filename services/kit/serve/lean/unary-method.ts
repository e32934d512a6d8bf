import {
  create,
  type DescMessage,
  type DescMethodUnary,
  isMessage,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type Interceptor, type UnaryResponse } from "@connectrpc/connect";
import { createMethodSerializationLookup } from "@connectrpc/connect/protocol";
import type { Gate } from "../../serve.ts";
import type { Body } from "./body.ts";
import type { UnaryCall } from "./unary-call.ts";

export type Method = DescMethodUnary<DescMessage, DescMessage>;
type Serialization = ReturnType<typeof createMethodSerializationLookup<DescMessage, DescMessage>>;
type Answer = (call: UnaryCall) => Promise<UnaryResponse>;

/** What a service gives for a unary method. */
export type UnaryImplementation = (
  request: Message,
  context: HandlerContext,
) => MessageInitShape<DescMessage> | Promise<MessageInitShape<DescMessage>>;

export interface UnaryMethodOptions {
  method: Method;
  implementation: UnaryImplementation;
  interceptors: Interceptor[];
  gate: Gate | undefined;
  jsonOptions: Parameters<typeof createMethodSerializationLookup>[2];
  readMaxBytes: number;
  writeMaxBytes: number;
}

/** A unary method with its interceptors around it, put together once and not for every call. */
export class UnaryMethod {
  readonly method: Method;
  readonly path: string;
  readonly gate: Gate | undefined;
  readonly #serialization: Serialization;
  readonly #answer: Answer;

  constructor({ method, implementation, interceptors, gate, jsonOptions, ...limits }: UnaryMethodOptions) {
    this.method = method;
    this.path = `/${method.parent.typeName}/${method.name}`;
    this.gate = gate;
    this.#serialization = createMethodSerializationLookup(method, undefined, jsonOptions, limits);
    const innermost: Answer = async (call) => {
      const output = await implementation(call.message, call);
      return {
        stream: false,
        service: method.parent,
        method,
        message: isMessage(output, method.output) ? output : create(method.output, output),
        header: call.responseHeader,
        trailer: call.responseTrailer,
      };
    };
    const outer = [...interceptors].reverse();
    // Interceptors are typed for streams too; a unary call gives them nothing but unary ones.
    this.#answer = outer.reduce((next, interceptor) => interceptor(next as never) as never, innermost);
  }

  /** From the body of a request to that of its answer. @throws ConnectError */
  async answer(call: UnaryCall, body: Body, isBinary: boolean): Promise<Uint8Array> {
    const request = body.bytes();
    call.requestBytes = request.byteLength;
    call.message = this.#parse(request, isBinary);
    const { message } = await this.#answer(call);
    const answer = this.#serialization.getO(isBinary).serialize(message);
    call.onAnswer?.(answer.byteLength);
    return answer;
  }

  #parse(bytes: Uint8Array, isBinary: boolean): Message {
    try {
      return this.#serialization.getI(isBinary).parse(bytes);
    } catch (error) {
      throw blamedOnCaller(error);
    }
  }
}

/** Connect answers Internal to a message that it cannot parse, although the caller sent it. */
function blamedOnCaller(error: unknown): unknown {
  if (!(error instanceof ConnectError) || error.code !== Code.Internal) return error;
  return new ConnectError(error.rawMessage, Code.InvalidArgument, undefined, undefined, error);
}
