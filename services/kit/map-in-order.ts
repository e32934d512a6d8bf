/**
 * Works on up to `limit` items at a time and yields the results in the order of the items.
 *
 * A result is yielded as soon as it is its turn, also while no further item has come; and no further item is
 * read while `limit` results are waiting to be taken, so that a slow reader slows the source down.
 */
export async function* mapInOrder<I, O>(
  source: AsyncIterable<I>,
  limit: number,
  work: (item: I) => Promise<O>,
): AsyncGenerator<O, void, undefined> {
  const items = source[Symbol.asyncIterator]();
  const running: Promise<O>[] = [];
  let reading: Promise<"read"> | undefined;
  let ended = false;

  async function readOne(): Promise<"read"> {
    const next = await items.next();
    if (next.done) {
      ended = true;
    } else {
      const result = work(next.value);
      result.catch(() => {}); // so that a failure waits for its turn instead of ending the process
      running.push(result);
    }
    return "read";
  }

  try {
    for (;;) {
      if (!ended && running.length < limit) reading ??= readOne();
      const head = running[0];
      if (head === undefined && reading === undefined) return;
      const done = await Promise.race([reading, head?.then(() => "worked" as const)].filter((p) => p !== undefined));
      if (done === "read") {
        reading = undefined;
      } else {
        running.shift();
        yield await (head as Promise<O>);
      }
    }
  } finally {
    reading?.catch(() => {}); // its failure is the reader's own leaving
    await items.return?.();
  }
}
