import * as http from "node:http";
import * as http2 from "node:http2";
import * as net from "node:net";
import type { Listening, ListenOptions } from "./listening.ts";
import { createNodeListener } from "./node-listener.ts";
import { offerStreams } from "./offer-streams.ts";

/**
 * Streams that Envoy may reset at once, and a second. It brings the calls of everybody over one connection and resets those whose
 * callers have given up; by node's default, 1000 and 33, an overload would close the connection under the others. How often one
 * caller may do so is limited at the edge.
 */
const RESETS_OF_ENVOY = { streamResetBurst: 1_000_000, streamResetRate: 100_000 };

/** Listen with node:http2 and node:http on one port: chosen by ALPN with TLS, else by the first bytes. */
export async function listenOnNode(options: ListenOptions): Promise<Listening> {
  const { host, port, tls, limits } = options;
  const listener = createNodeListener(options);
  const sessions = new Set<http2.ServerHttp2Session>();
  const sockets = new Set<net.Socket>();
  const http2Options: http2.ServerOptions = {
    settings: { initialWindowSize: limits.windowBytes, maxConcurrentStreams: limits.maxConcurrentStreams },
    maxSessionMemory: 512, // MB; Envoy sends the photos of many callers over one connection
    maxHeaderListPairs: 256,
    ...(tls?.peerId === undefined ? {} : RESETS_OF_ENVOY),
  };
  const http1Options: http.ServerOptions = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    requestTimeout: 0, // a client stream may last; the idle limit guards against silence
  };
  const onSession = (session: http2.ServerHttp2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => {}); // a caller's protocol error ends its connection only
    session.setLocalWindowSize?.(limits.windowBytes);
  };

  const h1 = http.createServer(http1Options, listener as http.RequestListener);
  let server: net.Server;
  if (tls) {
    const secure = http2.createSecureServer(
      {
        ...http2Options,
        ...http1Options,
        allowHTTP1: true,
        cert: tls.cert,
        key: tls.key,
        minVersion: "TLSv1.2",
        ...(tls.ca ? { ca: tls.ca, requestCert: true, rejectUnauthorized: true } : {}),
      },
      listener as never,
    );
    secure.on("session", onSession);
    offerStreams(secure, options);
    server = secure;
  } else {
    const h2c = http2.createServer(http2Options, listener as never);
    h2c.on("session", onSession);
    offerStreams(h2c, options);
    server = net.createServer((socket) => chooseProtocol(socket, h2c, h1, limits.headersTimeoutMs));
  }
  server.on("connection", (socket: net.Socket) => {
    if (sockets.size >= limits.maxConnections) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {}); // a broken connection concerns its own calls only; they are aborted
  });
  server.on("tlsClientError", () => {});

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const session of sessions) session.close();
      h1.closeIdleConnections?.();
      (server as Partial<http.Server>).closeIdleConnections?.();
      return closed;
    },
    destroy() {
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Hand a plaintext connection to HTTP/2 if it begins with HTTP/2's preface, else to HTTP/1.1. */
function chooseProtocol(socket: net.Socket, h2c: http2.Http2Server, h1: http.Server, limitMs: number): void {
  let seen = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), limitMs);
  socket.once("close", () => clearTimeout(timer));
  // Paused reading, because Bun's http2 loses what comes back by unshift on a socket that has flowed.
  const look = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk) seen = Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, HTTP2_PREFACE.length);
    const isHttp2 = seen.subarray(0, compared).equals(HTTP2_PREFACE.subarray(0, compared));
    if (isHttp2 && compared < HTTP2_PREFACE.length) {
      if (!socket.destroyed && !socket.readableEnded) socket.once("readable", look);
      return;
    }
    clearTimeout(timer);
    socket.unshift(seen);
    (isHttp2 ? h2c : h1).emit("connection", socket);
  };
  socket.once("readable", look);
}
