import { Code, ConnectError } from "@connectrpc/connect";

/** What a call is refused with. @throws Error when it is answered */
export function refusal(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => Promise.reject(new Error("expected a refusal, got an answer")),
    (error: unknown) => ConnectError.from(error),
  );
}

/** The code of it. @throws Error when it is answered */
export async function codeOf(call: Promise<unknown>): Promise<Code> {
  return (await refusal(call)).code;
}

/** All messages of a stream. */
export async function gather<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

export interface AgainOptions {
  /** Codes that are asked again after; default: Unavailable. */
  after?: readonly Code[];
  /** Default: 100. */
  attempts?: number;
  /** What is waited for between two attempts. */
  between?: () => Promise<unknown>;
}

/** What Envoy and callers do: again, as long as what is asked is away. @throws what the last attempt was refused with */
export async function again<T>(
  work: () => Promise<T>,
  { after = [Code.Unavailable], attempts = 100, between }: AgainOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === attempts || !after.includes(ConnectError.from(error).code)) throw error;
    }
    await between?.();
  }
}
