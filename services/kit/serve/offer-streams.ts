import type {
  Http2SecureServer,
  Http2Server,
  IncomingHttpHeaders,
  ServerHttp2Session,
  ServerHttp2Stream,
} from "node:http2";
import type { TLSSocket } from "node:tls";
import { RECEIVED } from "../headers.ts";
import type { ListenOptions } from "./listening.ts";
import { peerRefusal, peerUris } from "./peer.ts";
import { shortenDeadline } from "./shorten-deadline.ts";
import { TimeOnWay } from "./time-on-way.ts";

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...rest: unknown[]) => void;

/** A call that was shorter than this on its way keeps its deadline as it is. */
const NOTABLE_MS = 1;

/** One HTTP/2 connection: how many streams are open on it, and how one more and one less is noted. */
class Connection {
  /** Its peer is the right one: asked once, because TLS 1.3 never asks again. */
  readonly isWelcome: boolean;
  readonly timeOnWay = new TimeOnWay();
  open = 0;
  readonly closed = () => {
    this.open -= 1;
  };

  constructor(isWelcome: boolean) {
    this.isWelcome = isWelcome;
  }
}

/**
 * Offer each stream of a server to `takeStream` before the listener by which node makes a request and a response of it,
 * which also refuses a wrong peer; before that, count the deadline of each call from when Envoy received it; and close a connection that has had no open stream and no traffic for the idle limit.
 */
export function offerStreams(
  server: Http2Server | Http2SecureServer,
  { takeStream, limits, tls, log }: Pick<ListenOptions, "takeStream" | "limits" | "tls" | "log">,
): void {
  const connections = new WeakMap<ServerHttp2Session, Connection>();
  server.on("session", (session: ServerHttp2Session) => {
    const { peerId } = tls ?? {};
    const isWelcome = peerId === undefined || !peerRefusal(peerUris(session.socket as TLSSocket), peerId);
    const connection = new Connection(isWelcome);
    connections.set(session, connection);
    session.setTimeout(limits.idleTimeoutMs);
    // Not as a callback of setTimeout, which node calls once only, be it while a call is open.
    session.on("timeout", () => {
      if (connection.open === 0) session.close();
    });
  });
  const others = server.listeners("stream") as OnStream[];
  server.removeAllListeners("stream");
  const onStream: OnStream = (stream, headers, ...rest) => {
    const connection = stream.session && connections.get(stream.session as ServerHttp2Session);
    if (connection) {
      connection.open += 1;
      const waitedMs = connection.timeOnWay.of(headers[RECEIVED] as string | undefined, Date.now());
      if (waitedMs === "absurd") {
        log?.warn({ event: "clock_set", received: headers[RECEIVED] }, "the clock of Envoy or of this machine was set");
      } else if (waitedMs > NOTABLE_MS) shortenDeadline(headers, waitedMs);
      if (connection.isWelcome && takeStream(stream, headers, connection.closed)) return;
      stream.once("close", connection.closed);
    }
    for (const listener of others) listener(stream, headers, ...rest);
  };
  server.on("stream", onStream);
}
