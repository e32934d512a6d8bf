import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NOT_ANSWERED, passOn } from "./client/pass-on.ts";
import { unaryTransport } from "./client/unary-transport.ts";
import { connectionErrors } from "./client-errors.ts";
import { currentCall } from "./context.ts";
import { deadlineSignal } from "./deadline.ts";
import { EagerSessionManager } from "./session-manager.ts";

/** Bytes that wait in one connection, at most, in MB. */
const SESSION_MEMORY_MB = 512;

/** Identity of a client in the mesh, PEM. */
export interface ClientTls {
  cert: string | Buffer;
  key: string | Buffer;
  ca: string | Buffer;
}

/** How the other services are reached. */
export interface MeshClientOptions {
  /** Envoy's mesh listener. */
  baseUrl: string;
  tls?: ClientTls | undefined;
  /** Deadline of a call that is made outside of any call, milliseconds. Default 10,000. */
  timeoutMs?: number;
  /** Largest answer, bytes. Default 16 MiB. */
  maxMessageBytes?: number;
  /** Seen before the context is added, the first outermost (metrics). */
  interceptors?: Interceptor[];
}

/** Makes clients that share one HTTP/2 connection. */
export type MeshClients = <S extends DescService>(service: S) => Client<S>;

/**
 * Clients of the other services: Connect, binary, over HTTP/2. A call made while another is answered inherits its
 * deadline, cancellation, request id, trace and claims. No retries here: they belong to Envoy.
 */
export function meshClients(o: MeshClientOptions): MeshClients {
  const { baseUrl, tls, timeoutMs = 10_000, maxMessageBytes = 16 * 1024 * 1024, interceptors = [] } = o;
  const sessions = new EagerSessionManager(
    baseUrl,
    maxMessageBytes + 64 * 1024,
    { pingIntervalMs: 10_000, pingTimeoutMs: 5000, pingIdleConnection: true, idleConnectionTimeoutMs: 300_000 },
    // node:http2 refuses new streams while a session holds more than 10 MB by default: less than two photos.
    { ...tls, maxSessionMemory: SESSION_MEMORY_MB, settings: { initialWindowSize: 4 * 1024 * 1024 } },
  );
  const unary = unaryTransport({ baseUrl, sessions, timeoutMs, maxMessageBytes, interceptors });
  const streams = createConnectTransport({
    baseUrl,
    httpVersion: "2",
    useBinaryFormat: true,
    sessionManager: sessions,
    readMaxBytes: maxMessageBytes,
    // Photos are compressed already and vectors do not compress; between processes of one machine gzip only costs.
    acceptCompression: [],
    interceptors: [...interceptors, connectionErrors, streamContext],
  });
  return (service) => createClient(service, { ...streams, unary });
}

/** One client of another service. */
export function meshClient<S extends DescService>(service: S, options: MeshClientOptions): Client<S> {
  return meshClients(options)(service);
}

/** Carries the context of the current call on with a stream, which has no limit of its own. */
const streamContext: Interceptor = (next) => async (request) => {
  const call = currentCall();
  const own = request.header.get("connect-timeout-ms");
  const timeoutMs = passOn(request.header, call, undefined);
  const signals = [request.signal];
  if (call) signals.push(call.signal);
  if (timeoutMs !== undefined && timeoutMs !== Number(own)) signals.push(timeoutSignal(timeoutMs, request.signal));
  return next({ ...request, signal: AbortSignal.any(signals) } as typeof request);
};

/** Aborts after `ms`; the timer ends with the call, whose signal connect-es aborts when it is done. */
function timeoutSignal(ms: number, done: AbortSignal): AbortSignal {
  const { signal, clear } = deadlineSignal(ms, NOT_ANSWERED);
  done.addEventListener("abort", clear, { once: true });
  return signal;
}
