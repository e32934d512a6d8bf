import { randomUUID } from "node:crypto";
import type { Collection, WeaviateClient } from "weaviate-client";
import { AnnError, type AnnMetric } from "../ann.ts";
import type { WeaviateIndex } from "./factory.ts";

/**
 * The collections of one process, one a graph. A collection is deleted when its graph is closed, unless a file was
 * written: that only names it, and a later start opens it again. Those that nobody opened are deleted by `sweep`.
 */
export class Collections {
  readonly #client: WeaviateClient;
  readonly #prefix: string;
  /** Handles by name. */
  readonly #open = new Map<string, number>();
  readonly #written = new Set<string>();

  /** `instance`: whose collections these are; no two processes that run at a time may have the same. */
  constructor(client: WeaviateClient, instance: string) {
    this.#client = client;
    this.#prefix = `FlashFitIndex_${instance.replace(/[^A-Za-z0-9]/g, "_")}_`;
  }

  async create(index: WeaviateIndex, metric: AnnMetric): Promise<Collection> {
    const { configure } = await import("weaviate-client");
    const name = this.#prefix + randomUUID().replaceAll("-", "");
    const distanceMetric = metric === "ip" ? "dot" : "l2-squared";
    const vectorIndexConfig =
      index.kind === "flat"
        ? configure.vectorIndex.flat({ distanceMetric })
        : configure.vectorIndex.hnsw({
            ...{ distanceMetric, maxConnections: index.links },
            ...(index.quantised && { quantizer: configure.vectorIndex.quantizer.sq() }),
          });
    this.#hold(name);
    await saying(() =>
      this.#client.collections.create({ name, vectorizers: configure.vectors.selfProvided({ vectorIndexConfig }) }),
    );
    return this.#client.collections.use(name);
  }

  /** @throws {AnnError} it is gone, or holds another number of rows */
  async open(name: string, count: number): Promise<Collection> {
    return saying(async () => {
      if (!name.startsWith(this.#prefix) || !(await this.#client.collections.exists(name))) {
        throw new AnnError(`weaviate: there is no collection ${name} of this instance: build the graph anew`);
      }
      const collection = this.#client.collections.use(name);
      const { totalCount } = await collection.aggregate.overAll();
      if (totalCount !== count) {
        throw new AnnError(`weaviate: expected ${count} rows in ${name}, got ${totalCount}: build the graph anew`);
      }
      this.#hold(name);
      this.#written.add(name);
      return collection;
    });
  }

  written(name: string): void {
    this.#written.add(name);
  }

  /** One handle less; the last one deletes what no file names. */
  async release(name: string): Promise<void> {
    const left = (this.#open.get(name) ?? 1) - 1;
    if (left > 0) {
      this.#open.set(name, left);
      return;
    }
    this.#open.delete(name);
    if (!this.#written.has(name)) await saying(() => this.#client.collections.delete(name));
  }

  /** Delete the collections of this instance that are not open; those of its former lives above all. */
  async sweep(): Promise<string[]> {
    return saying(async () => {
      const all = await this.#client.collections.listAll();
      const unused = all
        .map(({ name }) => name)
        .filter((name) => name.startsWith(this.#prefix) && !this.#open.has(name));
      for (const name of unused) {
        await this.#client.collections.delete(name);
        this.#written.delete(name);
      }
      return unused;
    });
  }

  #hold(name: string): void {
    this.#open.set(name, (this.#open.get(name) ?? 0) + 1);
  }
}

/** Runs work with Weaviate; its errors become ours, with its words. */
export async function saying<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AnnError) throw cause;
    throw new AnnError(`weaviate: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
