import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { asUnavailable } from "../client-errors.ts";
import { LONGEST_TIMER_MS } from "../deadline.ts";
import { deadlineExceeded } from "../errors.ts";
import { inOnePiece, tooLarge } from "../serve/lean/body.ts";
import { connectionLost, type EagerSessionManager } from "../session-manager.ts";
import { NOT_ANSWERED } from "./pass-on.ts";

/** What is sent, and how long it may take. */
export interface UnaryQuestion {
  sessions: EagerSessionManager;
  path: string;
  fields: OutgoingHttpHeaders;
  body: Uint8Array;
  /** Milliseconds until it is given up; undefined: never. */
  timeoutMs: number | undefined;
  /** Each of them ends it. */
  signals: readonly AbortSignal[];
  /** Of the answer. */
  maxBytes: number;
}

type AnswerFields = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** A whole answer, good or bad. */
export interface UnaryReply {
  /** `:status` and all that was said with it. */
  fields: AnswerFields;
  /** A copy: what node:http2 gives are parts of the memory that it reads many answers into. */
  body: Uint8Array;
}

/** Send a question on a stream of its own, and gather the answer. @throws ConnectError when there is none */
export function exchange(question: UnaryQuestion): Promise<UnaryReply> {
  return new Promise((resolve, reject) => new Exchange(question, resolve, reject).begin());
}

class Exchange {
  readonly #question: UnaryQuestion;
  readonly #resolve: (reply: UnaryReply) => void;
  readonly #reject: (error: unknown) => void;
  #stream: ClientHttp2Stream | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of the answer, as soon as it has begun. Deno tells of them after the first bytes. */
  #fields: AnswerFields | undefined;
  readonly #chunks: Uint8Array[] = [];
  #received = 0;
  #isOver = false;

  constructor(question: UnaryQuestion, resolve: (reply: UnaryReply) => void, reject: (error: unknown) => void) {
    this.#question = question;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const { sessions, path, fields, signals, timeoutMs } = this.#question;
    const aborted = signals.find((signal) => signal.aborted);
    if (aborted) {
      this.#fail(reasonOf(aborted));
      return;
    }
    for (const signal of signals) signal.addEventListener("abort", this.#onAbort);
    if (timeoutMs !== undefined) this.#timer = setTimeout(this.#onTimeout, Math.min(timeoutMs, LONGEST_TIMER_MS));
    sessions.plainRequest("POST", path, fields, {}).then(
      (stream) => this.#send(stream),
      (error: unknown) => this.#fail(broken(error)),
    );
  }

  #send(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    stream.on("error", (error) => this.#fail(broken(error)));
    if (this.#isOver) {
      stream.close(constants.NGHTTP2_CANCEL);
      return;
    }
    stream.on("response", (fields) => this.#begun(fields));
    stream.on("data", (chunk: Buffer) => this.#add(chunk));
    stream.on("end", () => this.#ended());
    stream.on("close", () => this.#closed());
    const { body } = this.#question;
    // Bun sends no end after an empty write.
    if (body.byteLength > 0) stream.end(body);
    else stream.end();
  }

  #begun(fields: AnswerFields): void {
    this.#fields = fields;
    const announced = this.#announced;
    if (announced > this.#question.maxBytes) this.#fail(tooLarge(`${announced} `, this.#question.maxBytes));
  }

  #add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#received += chunk.byteLength;
    const { maxBytes, sessions } = this.#question;
    if (this.#received > maxBytes) this.#fail(tooLarge("", maxBytes));
    // That the connection is alive is known from the beginning of the answer; one in many pieces goes on to say so.
    if (this.#chunks.length > 1) sessions.notifyResponseByteRead(this.#stream!);
  }

  /** Node also ends a stream that was cut: one that announced its length must have it. */
  #ended(): void {
    if (this.#fields && this.#received >= this.#announced) this.#succeed(this.#fields);
  }

  #closed(): void {
    if (!this.#stream?.rstCode) this.#ended();
    // An error is not made for nothing: its stack costs as much as the rest of the call's end.
    if (!this.#isOver) this.#fail(connectionLost());
  }

  get #announced(): number {
    return Number(this.#fields?.["content-length"] ?? 0);
  }

  #succeed(fields: AnswerFields): void {
    if (this.#isOver) return;
    this.#over();
    this.#resolve({ fields, body: inOnePiece(this.#chunks, this.#received) });
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#over();
    if (this.#stream && !this.#stream.closed) this.#stream.close(constants.NGHTTP2_CANCEL);
    this.#reject(error);
  }

  #over(): void {
    this.#isOver = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const signal of this.#question.signals) signal.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = ({ target }: Event): void => this.#fail(reasonOf(target as AbortSignal));
  readonly #onTimeout = (): void => this.#fail(deadlineExceeded(NOT_ANSWERED));
}

function reasonOf({ reason }: AbortSignal): ConnectError {
  return ConnectError.from(reason, Code.Canceled);
}

function broken(error: unknown): unknown {
  if (error instanceof ConnectError) return asUnavailable(error);
  const message = error instanceof Error ? error.message : String(error);
  return asUnavailable(new ConnectError(message, Code.Internal, undefined, undefined, error));
}
