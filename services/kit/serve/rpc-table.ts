import { createRegistry } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  createConnectRouter,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { ServerReflection } from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import { Health } from "../../../gen/health/v1/health_pb.ts";
import { healthRoutes } from "../health-service.ts";
import type { ServerLimits } from "../limits.ts";
import { DescriptorIndex } from "../reflection.ts";
import { reflectionRoutes } from "../reflection-service.ts";
import type { Gate, Implementation, ServerOptions } from "../serve.ts";
import { allKeepRequest } from "./lean/kept-request.ts";
import { type Method, type UnaryImplementation, UnaryMethod } from "./lean/unary-method.ts";

/** An RPC that the server answers. */
export interface RpcEntry {
  handler: UniversalHandler;
  /** Health and reflection: they answer while the process loads, and a drain does not wait for them. */
  auxiliary: boolean;
  /** Asked before the body is read. */
  gate: Gate | undefined;
}

/** All RPCs by request path. */
export class RpcTable {
  readonly #byPath = new Map<string, RpcEntry>();
  readonly #unary = new Map<string, UnaryMethod>();
  readonly #options: ServerOptions;
  readonly #limits: ServerLimits;
  readonly #shutdown: AbortSignal;
  readonly #descriptors: DescriptorIndex;
  /** How JSON is read and written. */
  readonly jsonOptions: JsonOptions;
  #loading = true;

  constructor(options: ServerOptions, limits: ServerLimits, shutdown: AbortSignal) {
    this.#options = options;
    this.#limits = limits;
    this.#shutdown = shutdown;
    this.#descriptors = new DescriptorIndex([
      ...options.services,
      ...(options.describe ?? []),
      Health,
      ServerReflection,
    ]);
    this.jsonOptions = {
      // Connect ignores unknown fields by default: a misspelt field would be lost without a word.
      ignoreUnknownFields: false,
      registry: createRegistry(...this.#descriptors.files),
      textDecoder: new StrictTextDecoder(),
    };
    const auxiliary = this.#router(false);
    healthRoutes(auxiliary, options.health);
    reflectionRoutes(auxiliary, this.#descriptors);
    options.extraRoutes?.(auxiliary);
    this.#add(auxiliary, { auxiliary: true });
    this.#implement([]);
  }

  find(path: string): RpcEntry | undefined {
    return this.#byPath.get(path);
  }

  /** The same for the lean path: unary methods that are implemented and installed. */
  findUnary(path: string): UnaryMethod | undefined {
    return this.#unary.get(path);
  }

  install(implementations: Implementation[]): void {
    const announced = new Set(this.#options.services.map(({ typeName }) => typeName));
    for (const { service } of implementations) {
      if (!announced.has(service.typeName)) {
        throw new Error(`${service.typeName} is implemented but not in the server's services: add it there`);
      }
    }
    this.#implement(implementations);
    this.#loading = false;
    const { interceptors = [] } = this.#options;
    if (allKeepRequest(interceptors)) for (const one of implementations) this.#addUnary(one, interceptors);
  }

  #addUnary({ service, methods, gates }: Implementation, interceptors: Interceptor[]): void {
    for (const method of service.methods) {
      const implementation = methods[method.localName] as UnaryImplementation | undefined;
      if (method.methodKind !== "unary" || typeof implementation !== "function") continue;
      const unary = new UnaryMethod({
        method: method as Method,
        implementation: implementation.bind(methods),
        interceptors,
        gate: gates?.[method.localName],
        jsonOptions: this.jsonOptions,
        readMaxBytes: this.#limits.maxMessageBytes,
        writeMaxBytes: this.#limits.maxResponseBytes,
      });
      this.#unary.set(unary.path, unary);
    }
  }

  #implement(implementations: Implementation[]): void {
    const router = this.#router(true);
    for (const service of this.#options.services) {
      const found = implementations.find((one) => one.service.typeName === service.typeName);
      router.service(service, found?.methods ?? {});
    }
    this.#add(router, { auxiliary: false, implementations });
  }

  #add(
    router: ConnectRouter,
    { auxiliary, implementations = [] }: { auxiliary: boolean; implementations?: Implementation[] },
  ): void {
    for (const handler of router.handlers) {
      const { parent, localName } = handler.method;
      const gates = implementations.find(({ service }) => service.typeName === parent.typeName)?.gates;
      this.#byPath.set(handler.requestPath, { handler, auxiliary, gate: gates?.[localName] });
    }
  }

  #router(forServices: boolean): ConnectRouter {
    return createConnectRouter({
      acceptCompression: COMPRESSIONS,
      compressMinBytes: COMPRESS_MIN_BYTES,
      readMaxBytes: this.#limits.maxMessageBytes,
      writeMaxBytes: this.#limits.maxResponseBytes,
      maxTimeoutMs: this.#limits.maxTimeoutMs,
      jsonOptions: this.jsonOptions,
      shutdownSignal: this.#shutdown,
      interceptors: forServices ? (this.#options.interceptors ?? []) : [],
      requestGate: (context) => {
        blameCallerForBadBytes(context);
        if (forServices && this.#loading) throw new ConnectError(`${this.#options.name} is loading`, Code.Unavailable);
      },
    });
  }
}

/**
 * Smaller answers are sent as they are. Most of ours are vectors, which do not compress, and gzip of 3 KB costs as much as
 * the rest of the call; for browsers the edge compresses.
 */
export const COMPRESS_MIN_BYTES = 32 * 1024;
export const COMPRESSIONS = [compressionGzip, compressionBrotli];

/** Connect reads `textDecoder` but does not declare it. */
type JsonOptions = ConnectRouterOptions["jsonOptions"] & { textDecoder: StrictTextDecoder };

/** Refuses invalid UTF-8, which a plain TextDecoder would replace by U+FFFD. */
class StrictTextDecoder extends TextDecoder {
  constructor() {
    super("utf-8", { fatal: true });
  }

  override decode(bytes?: Uint8Array): string {
    try {
      return super.decode(bytes);
    } catch {
      throw new ConnectError("the JSON text is not valid UTF-8", Code.InvalidArgument);
    }
  }
}

/**
 * Connect answers Internal to a message that it cannot parse, although the caller sent it. The error reaches the
 * call's signal before it is written, so it is corrected there: there is no hook around parsing itself.
 */
function blameCallerForBadBytes({ signal }: HandlerContext): void {
  signal.addEventListener("abort", () => {
    const error: unknown = signal.reason;
    if (error instanceof ConnectError && error.code === Code.Internal && error.rawMessage.startsWith("parse binary")) {
      const blamed: { code: Code; message: string } = error;
      blamed.code = Code.InvalidArgument;
      blamed.message = error.message.replace("[internal]", "[invalid_argument]");
    }
  });
}
