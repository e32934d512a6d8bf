import { mkdtemp, rm } from "node:fs/promises";
import * as net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import { universalServerRequestFromFetch, universalServerResponseToFetch } from "@connectrpc/connect/protocol";
import { refusal } from "../http-refusal.ts";
import type { ServerTls } from "../serve.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Listening, ListenOptions } from "./listening.ts";
import { peerRefusal, peerUris } from "./peer.ts";
import { RequestBody } from "./request-body.ts";

/** The part of Deno's own HTTP server that is used here. */
interface DenoHttpServer {
  readonly addr: { port?: number };
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}
interface DenoApi {
  serve(
    options: { hostname?: string; port?: number; path?: string; signal: AbortSignal; onListen(): void },
    handler: (request: Request) => Promise<Response>,
  ): DenoHttpServer;
}

/** Deno's own API where this process runs on Deno. */
export const denoApi = (globalThis as { Deno?: DenoApi }).Deno;

/**
 * Listen with `Deno.serve`, because node:http2 servers crash under load on Deno 2.9.
 *
 * `Deno.serve` cannot ask for client certificates, node:tls on Deno can: it takes the connections and passes what it
 * decrypts through a socket in a private folder. What `Deno.serve` cannot do stands in test/runtimes/known-gaps.md.
 */
export async function listenOnDeno(deno: DenoApi, options: ListenOptions): Promise<Listening> {
  const { host, port, dispatch, limits } = options;
  const cut = new AbortController();
  const serve = (at: { hostname: string; port: number } | { path: string }, answer: Dispatch) =>
    deno.serve({ ...at, signal: cut.signal, onListen: () => {} }, fetchHandler(answer, limits.maxDiscardBytes));
  if (!options.tls) {
    const server = serve({ hostname: host, port }, dispatch);
    let closed = false;
    return {
      port: server.addr.port ?? port,
      async close() {
        await server.shutdown();
        closed = true;
      },
      // Aborting a server that has shut down is an error on Deno.
      destroy: () => (closed ? undefined : cut.abort()),
    };
  }

  const folder = await mkdtemp(join(tmpdir(), "kit-serve-"));
  const open = join(folder, "open");
  const refused = join(folder, "refused");
  const { peerId } = options.tls;
  const servers = [serve({ path: open }, dispatch)];
  if (peerId !== undefined) servers.push(serve({ path: refused }, refuseAll(peerId)));
  const front = await listenTls(options, options.tls, (socket) =>
    peerId === undefined || peerRefusal(peerUris(socket), peerId) === undefined ? open : refused,
  );
  let closed = false;
  return {
    port: front.port,
    async close() {
      const frontClosed = front.close();
      await Promise.all(servers.map((server) => server.shutdown()));
      closed = true;
      front.destroy(); // nothing is left behind these connections
      await frontClosed;
      await rm(folder, { recursive: true, force: true });
    },
    destroy() {
      front.destroy();
      if (!closed) cut.abort();
    },
  };
}

function fetchHandler(dispatch: Dispatch, maxDiscardBytes: number): (request: Request) => Promise<Response> {
  return async (request) => {
    const fetched = universalServerRequestFromFetch(request, { httpVersion: "2" });
    const universal = { ...fetched, body: new RequestBody(fetched.body as AsyncIterable<Uint8Array>, maxDiscardBytes) };
    const isGrpc = /^application\/grpc(?!-web)/.test(request.headers.get("content-type") ?? "");
    // Deno.serve sends no trailers: a gRPC caller would take the missing status for a broken connection.
    const answer = isGrpc ? refusal(universal, NO_GRPC, 501) : await dispatch(universal);
    return universalServerResponseToFetch(answer);
  };
}

const NO_GRPC = new ConnectError(
  "this service runs on Deno and speaks Connect and gRPC-Web, not gRPC",
  Code.Unimplemented,
);

/** The peer's names are known to the front only; here it is enough to say which one would be right. */
function refuseAll(peerId: string): Dispatch {
  return async (request) =>
    refusal(
      request,
      new ConnectError(
        `the client certificate names somebody else; this server answers ${peerId} only`,
        Code.PermissionDenied,
      ),
      403,
    );
}

/** Take TLS connections and pass each one to the socket that `choose` names. */
async function listenTls(
  { host, port, limits }: ListenOptions,
  { cert, key, ca }: ServerTls,
  choose: (socket: tls.TLSSocket) => string,
): Promise<Listening> {
  const sockets = new Set<net.Socket>();
  const server = tls.createServer({
    cert,
    key,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["h2", "http/1.1"],
    ...(ca ? { ca, requestCert: true, rejectUnauthorized: true } : {}),
  });
  server.on("tlsClientError", () => {}); // a failed handshake concerns that caller only
  server.on("secureConnection", (socket) => {
    socket.on("error", () => {});
    if (sockets.size >= limits.maxConnections) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const inner = net.connect(choose(socket));
    inner.on("error", () => socket.destroy());
    socket.once("close", () => {
      sockets.delete(socket);
      inner.destroy();
    });
    inner.once("close", () => socket.end());
    socket.pipe(inner);
    inner.pipe(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
