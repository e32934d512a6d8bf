import { CommandError } from "../../command.ts";

export interface HubTransportOptions {
  /** A token of the hub (HF_TOKEN); sent to the endpoint alone. */
  token?: string | undefined;
  /** A request or an answer that stands still for so long is given up, ms. Default 30,000. */
  stallMs?: number;
  /** Tries of one request, the first included. Default 5. */
  tries?: number;
  /** Waits before the next try; handed in, so that a test need not wait. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Told before each wait. */
  onRetry?(reason: string, ms: number): void;
}

interface GetOptions {
  /** For messages: "config.json of owner/name". */
  what: string;
  offset?: number;
  signal?: AbortSignal | undefined;
}

const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;
const LONGEST_WAIT_MS = 60_000;

/** GET with redirects, tries, and a token that never leaves the endpoint's origin. */
export class HubTransport {
  readonly #origin: string;
  readonly #o: HubTransportOptions;

  constructor(endpoint: string, options: HubTransportOptions) {
    this.#origin = new URL(endpoint).origin;
    this.#o = options;
  }

  /** An answer with status 200 or 206. @throws CommandError when the hub refuses, or does not answer after all tries. */
  async get(url: string, options: GetOptions): Promise<Response> {
    const { tries = 5 } = this.#o;
    for (let attempt = 1; ; attempt++) {
      const result = await this.#attempt(url, options);
      if (result instanceof Response) return result;
      if (attempt >= tries) {
        throw new CommandError(
          `${options.what}: ${result.reason}, ${tries} times; run the same command again to go on`,
        );
      }
      const ms = Math.min(result.waitMs ?? 500 * 2 ** (attempt - 1), LONGEST_WAIT_MS);
      this.#o.onRetry?.(`${options.what}: ${result.reason}`, ms);
      await this.#o.sleep(ms, options.signal);
    }
  }

  async #attempt(
    url: string,
    options: GetOptions,
  ): Promise<Response | { reason: string; waitMs?: number | undefined }> {
    let response: Response;
    try {
      response = await this.#follow(url, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof CommandError) throw error;
      return { reason: reasonOf(error) };
    }
    if (response.status === 200 || response.status === 206) return response;
    await response.body?.cancel();
    if (response.status === 429 || response.status >= 500) {
      return {
        reason: `the hub answers ${response.status}`,
        waitMs: retryAfterMs(response.headers.get("retry-after")),
      };
    }
    throw this.#refusal(response, options.what);
  }

  async #follow(url: string, { offset = 0, signal }: GetOptions): Promise<Response> {
    let at = new URL(url);
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const headers: Record<string, string> = { "accept-encoding": "identity", "user-agent": "flashfit" };
      if (this.#o.token && at.origin === this.#origin) headers.authorization = `Bearer ${this.#o.token}`;
      if (offset > 0) headers.range = `bytes=${offset}-`;
      const { stallMs = 30_000 } = this.#o;
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(new Error(`no answer within ${stallMs / 1000} s`)), stallMs);
      const response = await fetch(at, {
        headers,
        redirect: "manual",
        signal: AbortSignal.any([limit.signal, ...(signal ? [signal] : [])]),
      }).finally(() => clearTimeout(timer));
      const location = REDIRECTS.includes(response.status) ? response.headers.get("location") : null;
      if (location === null) return response;
      await response.body?.cancel();
      const next = new URL(location, at);
      if (at.protocol === "https:" && next.protocol !== "https:") {
        throw new CommandError(`the hub sends from ${at.origin} to ${next.origin}, which is not encrypted: refused`);
      }
      at = next;
    }
    throw new CommandError(`the hub redirects more than ${MOST_REDIRECTS} times, the last to ${at.origin}`);
  }

  #refusal({ status, headers }: Response, what: string): CommandError {
    const said = headers.get("x-error-message") ?? "";
    const code = headers.get("x-error-code");
    const say = (hint: string) =>
      new CommandError(`${what}: the hub answers ${status}${said && ` (${said})`}: ${hint}`);
    if (code === "GatedRepo" || status === 403) {
      return say("access has to be asked for on its page; then set HF_TOKEN to a token of that account");
    }
    if (status === 401) {
      return say(
        this.#o.token
          ? "there is no such repository, or HF_TOKEN is not valid or may not read it"
          : "there is no such repository, or it is private: set HF_TOKEN",
      );
    }
    if (code === "RevisionNotFound") return say("there is no such branch, tag or commit");
    if (status === 404) return say("it is not there; check owner, name and revision");
    return say("this is not what a hub answers; is HF_ENDPOINT right?");
  }
}

/** Seconds or a date, as HTTP has it. */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** The innermost reason that says something: fetch wraps all in "fetch failed". */
function reasonOf(error: unknown): string {
  let reason = String(error);
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = (at as NodeJS.ErrnoException).code;
    reason = code ? `${at.message} (${code})` : at.message;
  }
  return reason;
}
