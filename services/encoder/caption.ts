import { argmax } from "./numbers.ts";

export interface GreedyOptions {
  startId: number;
  endId: number;
  /** Most tokens, start and end included. */
  maxTokens: number;
  /** Logits over the vocabulary for the token after `ids`. */
  next(ids: number[]): Promise<ArrayLike<number>>;
  /** Checked before each step. */
  signal?: AbortSignal | undefined;
}

/** Greedy decoding: always the likeliest next token. The tokens between start and end. */
export async function decodeGreedily({ startId, endId, maxTokens, next, signal }: GreedyOptions): Promise<number[]> {
  const ids = [startId];
  while (ids.length < maxTokens) {
    signal?.throwIfAborted();
    const id = argmax(await next(ids));
    if (id === endId) break;
    ids.push(id);
  }
  return ids.slice(1);
}
