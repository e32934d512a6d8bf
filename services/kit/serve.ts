import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, ContextValues, Interceptor, ServiceImpl } from "@connectrpc/connect";
import { drain, type StopReport } from "./drain.ts";
import type { HealthRegistry } from "./health.ts";
import type { RequestWatcher } from "./http-metrics.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "./limits.ts";
import type { Pages } from "./pages.ts";
import { OpenCalls } from "./serve/calls.ts";
import { denoApi, listenOnDeno } from "./serve/deno-server.ts";
import { createDispatch } from "./serve/dispatch.ts";
import { createUnaryStreams } from "./serve/lean/unary-streams.ts";
import { listenOnNode } from "./serve/node-server.ts";
import { COMPRESS_MIN_BYTES, COMPRESSIONS, RpcTable } from "./serve/rpc-table.ts";

export type { StopReport } from "./drain.ts";

/**
 * Looks at a request when its headers have arrived and its body was not read: the cheapest moment to say no. What it
 * returns the method finds in the values of its context.
 * @throws ConnectError to refuse the call.
 */
export type Gate = (request: { header: Headers; signal: AbortSignal }) => ContextValues | undefined;

/** A service of the contract with the methods that answer it. */
export interface Implementation {
  service: DescService;
  methods: Partial<ServiceImpl<DescService>>;
  /** By method, as in `methods`. */
  gates?: Readonly<Record<string, Gate>>;
}

/** Pair a service with its methods, checked against the contract. A method left out answers Unimplemented. */
export function implement<S extends DescService>(
  service: S,
  methods: Partial<ServiceImpl<S>>,
  gates: { readonly [M in keyof S["method"]]?: Gate } = {},
): Implementation {
  return { service, methods: methods as Implementation["methods"], gates: gates as Readonly<Record<string, Gate>> };
}

/** TLS identity of a server, PEM. A client certificate of `ca` is always required. */
export interface ServerTls {
  cert: string | Buffer;
  key: string | Buffer;
  /** Who signs client certificates. Without it no client certificate is asked for. */
  ca?: string | Buffer;
  /** SPIFFE id (URI in the subject alternative name) that a caller's certificate must carry. */
  peerId?: string;
}

/** The part of a logger that the server uses; pino fits. */
export interface ServerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a server is made of. */
export interface ServerOptions {
  /** Short name for messages: "index". */
  name: string;
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** What this process implements: known to health and reflection before `install`. May be empty if it has pages. */
  services: DescService[];
  /** Further services that reflection describes (all contracts of the mesh). */
  describe?: DescService[];
  /** Run for every call to `services`, the first outermost. */
  interceptors?: Interceptor[];
  /** Without it the server speaks plaintext: HTTP/2 with prior knowledge and HTTP/1.1 on the same port. */
  tls?: ServerTls;
  limits?: Partial<ServerLimits>;
  health: HealthRegistry;
  log?: ServerLog;
  /** Routes beside `services`, without their interceptors and known from the start. */
  extraRoutes?: (router: ConnectRouter) => void;
  /** What GET and HEAD find beside RPCs. */
  pages?: Pages;
  /** Sees every request. */
  watch?: RequestWatcher;
}

/** A listening server. */
export interface RunningServer {
  url: string;
  port: number;
  /** From now on calls reach these handlers; before, they get Unavailable "<name> is loading". */
  install(implementations: Implementation[]): void;
  /** Calls being answered at this moment. */
  readonly inFlight: number;
  /** Drain: NOT_SERVING, no new connections, GOAWAY; calls get `drainMs` to end, then their signal is aborted. Idempotent. */
  stop(drainMs: number): Promise<StopReport>;
}

/** The names in health of what a process does: its services, or, if it has none, the process itself. */
export function healthParts({ name, services }: Pick<ServerOptions, "name" | "services">): string[] {
  return services.length > 0 ? services.map(({ typeName }) => typeName) : [name];
}

/** Listen. Rejects with a readable error when the address is taken. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const limits: ServerLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const shutdown = new AbortController();
  const calls = new OpenCalls();
  const table = new RpcTable(options, limits, shutdown.signal);
  const { health, pages = () => undefined, watch } = options;
  const dispatch = createDispatch({ table, health, calls, pages, watch });
  const takeStream = createUnaryStreams({
    find: (path) => table.findUnary(path),
    compressions: COMPRESSIONS,
    compressMinBytes: COMPRESS_MIN_BYTES,
    jsonOptions: table.jsonOptions,
    shutdown: shutdown.signal,
    log: options.log,
    ...{ calls, watch, limits },
  });
  for (const part of healthParts(options)) health.set(part, "NOT_SERVING", "loading");

  let stopping: Promise<StopReport> | undefined;
  const { host, port, tls, log } = options;
  const listen = { host, port, tls, limits, dispatch, takeStream, draining: () => stopping !== undefined, log };
  const listening = await (denoApi ? listenOnDeno(denoApi, listen) : listenOnNode(listen)).catch((cause: Error) => {
    throw new Error(`${options.name} cannot listen on ${host}:${port}: ${cause.message}`, { cause });
  });

  return {
    url: `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${listening.port}`,
    port: listening.port,
    get inFlight() {
      return calls.count;
    },
    install: (implementations) => table.install(implementations),
    stop(drainMs) {
      stopping ??= drain({ name: options.name, health: options.health, listening, calls, shutdown, drainMs });
      return stopping;
    },
  };
}
