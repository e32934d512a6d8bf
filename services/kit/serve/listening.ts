import type { ServerLimits } from "../limits.ts";
import type { ServerLog, ServerTls } from "../serve.ts";
import type { Dispatch } from "./dispatch.ts";
import type { StreamTaker } from "./lean/unary-streams.ts";

/** What every runtime's way to listen gets. */
export interface ListenOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  tls: ServerTls | undefined;
  limits: ServerLimits;
  dispatch: Dispatch;
  /** Where the server is node:http2: asked for each stream of a caller that may come in, before `dispatch`. */
  takeStream: StreamTaker;
  /** True while the server drains: HTTP/1.1 callers are told to connect anew. */
  draining: () => boolean;
  log: ServerLog | undefined;
}

/** An open port. */
export interface Listening {
  port: number;
  /**
   * No new connections; open ones are asked to end after their calls (GOAWAY). Resolves when all are closed.
   * `callsEnded` settles once no call is open or the time for them is over.
   */
  close(callsEnded: Promise<unknown>): Promise<void>;
  /** Cut all connections. */
  destroy(): void;
}
