/** The same stream; what it throws is what `rename` makes of its error. */
export async function* renameErrors<T>(
  source: AsyncIterable<T>,
  rename: (error: unknown) => unknown,
): AsyncGenerator<T, void> {
  try {
    yield* source;
  } catch (error) {
    throw rename(error);
  }
}
