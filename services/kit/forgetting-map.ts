/**
 * A Map for what comes and goes with each call: nothing leads to a value once it is deleted. V8 gives a Map a new table now and
 * then; the old one keeps what it held at that time, and the new one, and if it has become old that lasts until the next full
 * collection (decision 0027). What it holds here is a box, and that is emptied.
 */
export class ForgettingMap<K, V> {
  readonly #boxes = new Map<K, { value: V | undefined }>();

  get size(): number {
    return this.#boxes.size;
  }

  get(key: K): V | undefined {
    return this.#boxes.get(key)?.value;
  }

  set(key: K, value: V): void {
    const box = this.#boxes.get(key);
    if (box) box.value = value;
    else this.#boxes.set(key, { value });
  }

  /** Its value, which is deleted; undefined: it has none. */
  take(key: K): V | undefined {
    const box = this.#boxes.get(key);
    if (!box) return undefined;
    const { value } = box;
    box.value = undefined;
    this.#boxes.delete(key);
    return value;
  }

  clear(): void {
    for (const box of this.#boxes.values()) box.value = undefined;
    this.#boxes.clear();
  }

  *values(): Generator<V> {
    for (const { value } of this.#boxes.values()) yield value as V;
  }
}
