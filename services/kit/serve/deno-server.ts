import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
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
  shutdown(): Promise<void>;
}
interface DenoApi {
  serve(
    options: { path: string; signal: AbortSignal; onListen(): void },
    handler: (request: Request) => Promise<Response>,
  ): DenoHttpServer;
}

/** Deno's own API where this process runs on Deno. */
export const denoApi = (globalThis as { Deno?: DenoApi }).Deno;

/**
 * Listen with `Deno.serve`, because node:http2 servers crash under load on Deno 2.9.
 *
 * `Deno.serve` cannot ask for client certificates nor stop listening alone; node:tls and node:net can: they take the
 * connections and pass the bytes on through a Unix socket in a private folder. What `Deno.serve` cannot do stands in test/runtimes/known-gaps.md.
 */
export async function listenOnDeno(deno: DenoApi, options: ListenOptions): Promise<Listening> {
  const { dispatch, limits, tls: secure } = options;
  const cut = new AbortController();
  const serve = (path: string, answer: Dispatch) =>
    deno.serve({ path, signal: cut.signal, onListen: () => {} }, fetchHandler(answer, limits.maxDiscardBytes));

  const folder = await mkdtemp(join(tmpdir(), "kit-serve-"));
  const open = join(folder, "open");
  const refused = join(folder, "refused");
  const servers = [serve(open, dispatch)];
  const peerId = secure?.peerId;
  if (peerId !== undefined) servers.push(serve(refused, refuseAll(peerId)));
  const front = await listenInFront(options, (socket) =>
    peerId === undefined || peerRefusal(peerUris(socket as tls.TLSSocket), peerId) === undefined ? open : refused,
  );
  let closed = false;
  return {
    port: front.port,
    async close(callsEnded) {
      const frontClosed = front.close(callsEnded);
      await callsEnded; // `shutdown` of Deno.serve cuts HTTP/2 streams that are still being answered
      await Promise.all(servers.map((server) => server.shutdown()));
      closed = true;
      front.destroy(); // nothing is left behind these connections
      await frontClosed;
      rmSync(folder, { recursive: true, force: true });
    },
    destroy() {
      front.destroy();
      rmSync(folder, { recursive: true, force: true });
      if (!closed) cut.abort(); // aborting a server that has shut down is an error
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

/** Take connections, with TLS where asked for, and pass each one to the Unix socket that `choose` names. */
async function listenInFront(
  { host, port, limits, tls: secure }: ListenOptions,
  choose: (socket: net.Socket) => string,
): Promise<Listening> {
  const sockets = new Set<net.Socket>();
  const take = (socket: net.Socket) => {
    socket.on("error", () => {}); // a broken connection concerns its own calls only
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
  };
  const server = secure ? tls.createServer(tlsOptions(secure), take) : net.createServer(take);
  server.on("tlsClientError", () => {}); // a failed handshake concerns that caller only
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

function tlsOptions({ cert, key, ca }: ServerTls): tls.TlsOptions {
  return {
    cert,
    key,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["h2", "http/1.1"],
    ...(ca ? { ca, requestCert: true, rejectUnauthorized: true } : {}),
  };
}
