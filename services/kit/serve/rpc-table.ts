import { createRegistry } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, createConnectRouter, type HandlerContext } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";
import { ServerReflection } from "../../../gen/grpc/reflection/v1/reflection_pb.ts";
import { Health } from "../../../gen/health/v1/health_pb.ts";
import { healthRoutes } from "../health-service.ts";
import type { ServerLimits } from "../limits.ts";
import { DescriptorIndex } from "../reflection.ts";
import { reflectionRoutes } from "../reflection-service.ts";
import type { Gate, Implementation, ServerOptions } from "../serve.ts";

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
  readonly #options: ServerOptions;
  readonly #limits: ServerLimits;
  readonly #shutdown: AbortSignal;
  readonly #descriptors: DescriptorIndex;
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

  install(implementations: Implementation[]): void {
    const announced = new Set(this.#options.services.map(({ typeName }) => typeName));
    for (const { service } of implementations) {
      if (!announced.has(service.typeName)) {
        throw new Error(`${service.typeName} is implemented but not in the server's services: add it there`);
      }
    }
    this.#implement(implementations);
    this.#loading = false;
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
    // A constant of its own, because Connect reads `textDecoder` but does not declare it.
    const jsonOptions = {
      // Connect ignores unknown fields by default: a misspelt field would be lost without a word.
      ignoreUnknownFields: false,
      registry: createRegistry(...this.#descriptors.files),
      textDecoder: new StrictTextDecoder(),
    };
    return createConnectRouter({
      acceptCompression: [compressionGzip, compressionBrotli],
      compressMinBytes: COMPRESS_MIN_BYTES,
      readMaxBytes: this.#limits.maxMessageBytes,
      writeMaxBytes: this.#limits.maxResponseBytes,
      maxTimeoutMs: this.#limits.maxTimeoutMs,
      jsonOptions,
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
const COMPRESS_MIN_BYTES = 32 * 1024;

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
