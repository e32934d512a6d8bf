import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, Interceptor, ServiceImpl } from "@connectrpc/connect";
import type { HealthRegistry } from "./health.ts";
import type { ServerLimits } from "./limits.ts";

/** A service of the contract with the methods that answer it. */
export interface Implementation {
  service: DescService;
  methods: Partial<ServiceImpl<DescService>>;
}

/** Pair a service with its methods, checked against the contract. A method left out answers Unimplemented. */
export function implement<S extends DescService>(service: S, methods: Partial<ServiceImpl<S>>): Implementation {
  return { service, methods: methods as Implementation["methods"] };
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
  /** What this process implements: known to health and reflection before `install`. */
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
}

/** How a stop went. */
export interface StopReport {
  /** Calls that were open when the drain began. */
  inFlight: number;
  /** Of those, the ones cut off when the time was over. */
  aborted: number;
  /** How long the drain took, in milliseconds. */
  tookMs: number;
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

/** Listen. Rejects with a readable error when the address is taken. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  throw new Error(`not yet: ${options.name}`);
}
