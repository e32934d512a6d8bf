import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { parseTimeout } from "@connectrpc/connect/protocol-connect";
import { deadlineExceeded } from "../../errors.ts";
import type { RequestWatcher } from "../../http-metrics.ts";
import type { ServerLimits } from "../../limits.ts";
import type { ServerLog } from "../../serve.ts";
import type { OpenCalls } from "../calls.ts";
import { LEAST_MS } from "../shorten-deadline.ts";
import type { AbortedTogether } from "./aborted-together.ts";
import { Body } from "./body.ts";
import { spareError } from "./spare-error.ts";
import { type AnswerOptions, compressed, errorAnswer, messageAnswer, type UnaryAnswer } from "./unary-answer.ts";
import { UnaryCall } from "./unary-call.ts";
import type { UnaryMethod } from "./unary-method.ts";

export interface ExchangeOptions extends AnswerOptions {
  calls: OpenCalls;
  /** The calls to abort at the end of the process. */
  together: AbortedTogether;
  /** Default: nobody watches. */
  watch?: RequestWatcher | undefined;
  limits: ServerLimits;
  log: ServerLog | undefined;
}

/** How long a caller may take to notice that its call is over before its half of the stream is closed. */
const HALF_OPEN_MS = 2_000;
/** How long a request whose deadline has passed may still come in before it is answered. */
const LATE_REQUEST_MS = 10;
/** An answer from this size on is over when its stream is; a smaller one as soon as it was handed to node. */
const LARGE_BYTES = 16 * 1024;

/**
 * The exchange on a stream, until that is closed. What is left of node's stream outlives young collections, and through listeners of
 * its own the whole call would too, its request included: until a full collection, which the memory of the requests then brings about.
 */
const EXCHANGE = Symbol("exchange");

type Stream = ServerHttp2Stream & { [EXCHANGE]?: Exchange | undefined };

/** A request on a stream of node:http2, and its answer. */
export class Exchange {
  static readonly #onClose = function (this: Stream) {
    const exchange = this[EXCHANGE];
    if (exchange) exchange.#closed();
  };
  static readonly #onData = function (this: Stream, chunk: Buffer) {
    const exchange = this[EXCHANGE];
    if (exchange) exchange.#read(chunk);
  };
  static readonly #onEnd = function (this: Stream) {
    const exchange = this[EXCHANGE];
    if (exchange) exchange.#readAll();
  };

  readonly #stream: Stream;
  readonly #method: UnaryMethod;
  readonly #isBinary: boolean;
  readonly #options: ExchangeOptions;
  readonly #call: UnaryCall;
  readonly #release: () => void;
  readonly #tell: ((status: number) => void) | undefined;
  /** The request is still coming in. */
  #isReading = true;
  /** Of a request that is not refused. */
  #body: Body | undefined;
  /** Why the request gets an error as soon as all of it has come. */
  #refusal: { error: unknown } | undefined;
  #discarded = 0;
  /** Of the answer; 0: there is none yet. */
  #status = 0;
  /** Among the calls that are under way. */
  #number = 0;
  #isOver = false;
  /** How long the rest of the request is waited for. */
  #patience: NodeJS.Timeout | undefined;
  #whenClosed = ignore;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    method: UnaryMethod,
    isBinary: boolean,
    options: ExchangeOptions,
  ) {
    this.#stream = stream;
    this.#method = method;
    this.#isBinary = isBinary;
    this.#options = options;
    this.#call = new UnaryCall(method.method, headers);
    this.#release = options.calls.begin();
    this.#tell = options.watch?.({ method: "POST", endpoint: method.path, timed: true });
  }

  /** Begin to read; `closed` is called when the stream is. */
  begin(closed: () => void): void {
    const stream = this.#stream;
    const call = this.#call;
    stream[EXCHANGE] = this;
    this.#whenClosed = closed;
    // A broken connection concerns its own calls only; they are aborted by "close".
    stream.on("error", ignore);
    stream.on("close", Exchange.#onClose);
    stream.on("data", Exchange.#onData);
    stream.on("end", Exchange.#onEnd);
    call.onAbort((reason) => this.#abortedBefore(reason));
    this.#number = this.#options.together.add(call);
    if (this.#status !== 0) return;
    try {
      this.#checkHeaders();
    } catch (error) {
      this.#refuse(error);
    }
  }

  #checkHeaders(): void {
    const { limits } = this.#options;
    const call = this.#call;
    const values = this.#method.gate?.(call);
    if (values) call.contextValues = values;
    const timeout = parseTimeout(call.header.get("connect-timeout-ms"), limits.maxTimeoutMs);
    if (timeout.error) throw timeout.error;
    if (timeout.timeoutMs !== undefined && timeout.timeoutMs <= LEAST_MS)
      throw deadlineExceeded("the deadline of the call had passed when it came");
    if (timeout.timeoutMs !== undefined) call.limit(timeout.timeoutMs);
    this.#body = new Body(call.header.get("content-length") ?? undefined, limits.maxMessageBytes);
  }

  /**
   * The rest of the request is still received and thrown away before the answer. Answered earlier, Envoy resets the stream,
   * and after some hundred of those it closes the connection of a caller who did nothing wrong.
   */
  #refuse(error: unknown): void {
    this.#body = undefined;
    this.#refusal = { error };
  }

  /** The call is over before its request is there: the end of the process does not wait for the rest, a passed deadline may. */
  #abortedBefore(reason: unknown): void {
    if (!this.#isReading) return;
    this.#refuse(this.#refusal?.error ?? reason);
    if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) {
      this.#patience = setTimeout(() => this.#refused(), LATE_REQUEST_MS);
    } else this.#refused();
  }

  #refused(): void {
    if (this.#refusal) this.#fail(this.#refusal.error);
  }

  #read(chunk: Buffer): void {
    if (this.#body) {
      try {
        this.#body.add(chunk);
        return;
      } catch (error) {
        this.#refuse(error);
      }
    }
    this.#discarded += chunk.byteLength;
    if (this.#discarded <= this.#options.limits.maxDiscardBytes) return;
    this.#refused();
    this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #readAll(): void {
    clearTimeout(this.#patience);
    // Node ends what was cut as well: that is no request. "close" comes next.
    if (!this.#isReading || this.#stream.closed) return;
    if (this.#refusal) {
      this.#refused();
      return;
    }
    this.#isReading = false;
    const body = this.#body!;
    this.#body = undefined;
    this.#method.answer(this.#call, body, this.#isBinary).then(
      (bytes) => this.#succeed(bytes),
      (error: unknown) => this.#fail(error),
    );
  }

  #succeed(bytes: Uint8Array): void {
    const answer = messageAnswer(this.#call, bytes);
    if (bytes.byteLength < this.#options.compressMinBytes) {
      this.#send(answer);
      return;
    }
    compressed(this.#call, answer, this.#options).then(
      (smaller) => this.#send(smaller),
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    if (this.#status !== 0) return;
    this.#isReading = false;
    this.#body = undefined;
    this.#call.abort(error);
    try {
      this.#send(errorAnswer(this.#call, error, this.#options));
    } catch (cause) {
      this.#broken(cause);
    }
    if (!(error instanceof ConnectError)) this.#warn(error, "a call failed in a way nobody foresaw");
  }

  #send({ status, fields, body }: UnaryAnswer): void {
    const stream = this.#stream;
    this.#endCall();
    this.#status = status;
    if (stream.destroyed || stream.closed) {
      this.#over();
      return;
    }
    try {
      stream.respond(fields);
    } catch (error) {
      this.#broken(error);
      return;
    }
    stream.end(body);
    if (body.byteLength < LARGE_BYTES) this.#over();
    this.#endRequest();
  }

  /** Let the caller finish its half; if it does not, tell it to stop without spoiling the answer it got. */
  #endRequest(): void {
    const stream = this.#stream;
    if (stream.readableEnded) return;
    this.#patience = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), HALF_OPEN_MS);
  }

  /** A handler has set header fields that cannot be sent. */
  #broken(error: unknown): void {
    const stream = this.#stream;
    this.#warn(error, "could not write an answer");
    this.#status = 500;
    if (!stream.destroyed && !stream.closed && !stream.headersSent) stream.respond({ ":status": 500 });
    stream.end();
    this.#endCall();
    this.#over();
    this.#endRequest();
  }

  #warn(err: unknown, message: string): void {
    this.#options.log?.warn({ event: "answer_failed", path: this.#method.path, err }, message);
  }

  #closed(): void {
    clearTimeout(this.#patience);
    this.#stream[EXCHANGE] = undefined;
    spareError(this.#stream);
    this.#whenClosed();
    if (this.#status === 0) this.#call.abort(new ConnectError("the caller went away", Code.Canceled));
    // Still without an answer, the handler is at work: a drain waits for it.
    if (this.#status !== 0) this.#over();
  }

  #endCall(): void {
    this.#options.together.forget(this.#number);
    this.#call.end();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#release();
    this.#tell?.(this.#status);
  }
}

function ignore(): void {}
