/** Photos that were picked to search with. They live as long as the page: an address can name one, not hold it. */
export interface PhotoQueries {
  /** Keeps a photo and names it. */
  add(file: File): string;
  get(key: string): File | undefined;
}

/** The last few are kept, so that "back" works. */
const MOST = 8;

/** Keeps picked photos by key. */
export function createPhotoQueries(newKey: () => string = () => crypto.randomUUID().slice(0, 8)): PhotoQueries {
  const files = new Map<string, File>();
  return {
    add(file) {
      const key = newKey();
      files.set(key, file);
      for (const old of [...files.keys()].slice(0, -MOST)) files.delete(old);
      return key;
    },
    get: (key) => files.get(key),
  };
}
