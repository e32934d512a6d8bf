import type { IncomingHttpHeaders } from "node:http2";
import type { DescMessage, DescMethodUnary, DescService, Message } from "@bufbuild/protobuf";
import { type ContextValues, createContextValues, type HandlerContext, type UnaryRequest } from "@connectrpc/connect";
import { LONGEST_TIMER_MS } from "../../deadline.ts";
import { deadlineExceeded } from "../../errors.ts";
import { HeaderFields } from "./header-fields.ts";

/** Why the signal of a call that has ended is aborted; one for all, for a DOMException costs more than most of a call. */
const ENDED = new DOMException("the call has ended", "AbortError");

/**
 * One unary call: what interceptors take for the request and handlers for their context. What few ask for is made when it
 * is asked for: the signal and its controller, headers of the answer, context values, the URL.
 */
export class UnaryCall implements UnaryRequest, HandlerContext {
  readonly stream = false;
  readonly requestMethod = "POST";
  readonly protocolName = "connect";
  readonly method: DescMethodUnary<DescMessage, DescMessage>;
  readonly header: HeaderFields;
  /** The request, once it was read. */
  message!: Message;
  /** Of the request's body. */
  requestBytes = 0;
  /** Told how many bytes the answer's body has, before compression; not of an error. */
  onAnswer: ((bytes: number) => void) | undefined;
  readonly #fields: IncomingHttpHeaders;
  #values: ContextValues | undefined;
  #responseHeader: HeaderFields | undefined;
  #responseTrailer: HeaderFields | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #endsAt: number | undefined;
  #onAbort: ((reason: unknown) => void)[] | undefined;
  #aborted = false;
  #reason: unknown;

  constructor(method: DescMethodUnary<DescMessage, DescMessage>, fields: IncomingHttpHeaders) {
    this.method = method;
    this.#fields = fields;
    this.header = new HeaderFields(fields);
  }

  get service(): DescService {
    return this.method.parent;
  }

  get url(): string {
    const { ":scheme": scheme, ":authority": authority, ":path": path } = this.#fields;
    return `${scheme}://${authority}${path}`;
  }

  get requestHeader(): HeaderFields {
    return this.header;
  }

  get responseHeader(): HeaderFields {
    this.#responseHeader ??= new HeaderFields();
    return this.#responseHeader;
  }

  get responseTrailer(): HeaderFields {
    this.#responseTrailer ??= new HeaderFields();
    return this.#responseTrailer;
  }

  /** The trailers of the answer, if there are any. */
  get trailerIfAny(): HeaderFields | undefined {
    return this.#responseTrailer;
  }

  get contextValues(): ContextValues {
    this.#values ??= createContextValues();
    return this.#values;
  }

  set contextValues(values: ContextValues) {
    this.#values = values;
  }

  get values(): ContextValues {
    return this.contextValues;
  }

  /** A function that may be taken from the call, as Connect's may. */
  get timeoutMs(): () => number | undefined {
    return () => (this.#endsAt === undefined ? undefined : this.#endsAt - Date.now());
  }

  /** Aborted by the deadline, the caller's hanging up or the process's end, and when the call has ended. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** From now on the call has `ms`, unless it had a limit before. */
  limit(ms: number): void {
    if (this.#endsAt !== undefined || this.#aborted) return;
    this.#endsAt = Date.now() + ms;
    this.#timer = setTimeout(expire, Math.min(ms, LONGEST_TIMER_MS), this);
  }

  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#finish(reason);
    for (const tell of this.#onAbort ?? []) tell(reason);
  }

  /** The answer is there: nothing waits any more. */
  end(): void {
    if (!this.#aborted) this.#finish(ENDED);
  }

  /** Tell once when and why the call is aborted, at once if it is already; its good end is not told. */
  onAbort(tell: (reason: unknown) => void): void {
    if (this.#aborted) tell(this.#reason);
    else if (this.#onAbort) this.#onAbort.push(tell);
    else this.#onAbort = [tell];
  }

  /** What `work` gives, or the reason thrown as soon as the call is aborted, whatever `work` does then. */
  untilAborted<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(resolve, reject);
      this.onAbort(reject);
    });
  }

  #finish(reason: unknown): void {
    this.#aborted = true;
    this.#reason = reason;
    if (this.#timer) clearTimeout(this.#timer);
    this.#controller?.abort(reason);
  }
}

function expire(call: UnaryCall): void {
  call.abort(deadlineExceeded("the deadline of the call has passed"));
}
