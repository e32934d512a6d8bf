import { open } from "node:fs/promises";
import type { Collection, WeaviateClient } from "weaviate-client";
import { type AnnBuild, type AnnEngine, AnnError, type AnnGraph, type AnnMetric, type AnnStart } from "../ann.ts";
import { checkBuild, checkHead } from "../check-query.ts";
import { addRows } from "../feed-rows.ts";
import { verifyGraphFile } from "../graph-file.ts";
import { InFlight } from "../in-flight.ts";
import { Collections, saying } from "./collections.ts";
import { parseFactory } from "./factory.ts";
import { WeaviateGraph } from "./graph.ts";
import { idOfRow } from "./row-id.ts";

/** Rows that are sent together: turning them into messages holds the event loop for a few milliseconds. */
const ROWS_A_MESSAGE = 256;
/** A search that takes longer has failed: the client tries again and again by itself, and the caller's rows can be scanned meanwhile. */
const QUERY_SECONDS = 5;
/** So long after its start the engine takes collections that nobody opened for left over. */
const SWEEP_MS = 3_600_000;

export interface WeaviateOptions {
  /** REST: "http://127.0.0.1:8080". */
  url: string;
  /** gRPC: "http://127.0.0.1:50051". */
  grpcUrl: string;
  apiKey?: string;
  /** Whose collections are whose: stays the same over restarts, and no two processes that run at a time have the same. */
  instance: string;
  /** Milliseconds after which collections that nobody opened are deleted. Default an hour. */
  sweepMs?: number;
  /** Told what was deleted, or why it could not be. */
  onSweep?: (deleted: string[], error?: Error) => void;
}

/** Start the engine on a Weaviate that runs, or say why it cannot be. */
export async function startWeaviate(options: WeaviateOptions): Promise<AnnStart> {
  const module = await import("weaviate-client").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  });
  if (!module) return { available: false, reason: "the package weaviate-client is not installed: run npm install" };
  const { default: weaviate, ApiKey } = module;
  const [http, grpc] = [new URL(options.url), new URL(options.grpcUrl)];
  const port = (url: URL) => Number(url.port || (url.protocol === "https:" ? 443 : 80));
  try {
    const client = await weaviate.connectToCustom({
      ...{ httpHost: http.hostname, httpPort: port(http), httpSecure: http.protocol === "https:" },
      ...{ grpcHost: grpc.hostname, grpcPort: port(grpc), grpcSecure: grpc.protocol === "https:" },
      timeout: { query: QUERY_SECONDS },
      ...(options.apiKey && { authCredentials: new ApiKey(options.apiKey) }),
    });
    const { version } = await client.getMeta();
    return { available: true, engine: new WeaviateEngine(client, version ?? "0.0 (not told)", options) };
  } catch (error) {
    return { available: false, reason: `there is no Weaviate at ${options.url}: ${(error as Error).message}` };
  }
}

class WeaviateEngine implements AnnEngine {
  readonly name = "weaviate";
  readonly version: string;
  readonly source: string;
  readonly #client: WeaviateClient;
  readonly #collections: Collections;
  readonly #onSweep: NonNullable<WeaviateOptions["onSweep"]>;
  readonly #sweeper: NodeJS.Timeout;
  readonly #graphs = new Set<WeaviateGraph>();
  readonly #inFlight = new InFlight("the engine weaviate");

  constructor(
    client: WeaviateClient,
    version: string,
    { url, instance, sweepMs = SWEEP_MS, onSweep = () => {} }: WeaviateOptions,
  ) {
    this.#client = client;
    this.version = version;
    this.source = url;
    this.#collections = new Collections(client, instance);
    this.#onSweep = onSweep;
    this.#sweeper = setInterval(() => void this.#sweep(), sweepMs);
    this.#sweeper.unref();
  }

  async build(build: AnnBuild): Promise<AnnGraph> {
    checkBuild(build);
    const { metric, factory, count, signal } = build;
    signal?.throwIfAborted();
    const index = parseFactory(factory, count);
    return this.#inFlight.run(async () => {
      const collection = await this.#collections.create(index, metric);
      try {
        await fill(collection, build);
      } catch (error) {
        await this.#collections.release(collection.name);
        throw error;
      }
      return this.#keep(collection, build);
    });
  }

  open(file: string, expected: { dimensions: number; metric: AnnMetric }): Promise<AnnGraph> {
    return this.#inFlight.run(async () => {
      const head = await verifyGraphFile(file);
      checkHead(file, head, expected);
      const { collection } = JSON.parse(await readStart(file, head.contentBytes)) as { collection: string };
      return this.#keep(await this.#collections.open(collection, head.count), head);
    });
  }

  #keep(
    collection: Collection,
    { dimensions, metric, factory, count }: Pick<AnnBuild, "dimensions" | "metric" | "factory" | "count">,
  ): AnnGraph {
    const onClose = (closed: WeaviateGraph) => this.#graphs.delete(closed);
    const collections = this.#collections;
    const graph = new WeaviateGraph({ collection, collections, dimensions, metric, factory, count, onClose });
    this.#graphs.add(graph);
    return graph;
  }

  async #sweep(): Promise<void> {
    try {
      const deleted = await this.#inFlight.run(() => this.#collections.sweep());
      if (deleted.length > 0) this.#onSweep(deleted);
    } catch (error) {
      this.#onSweep([], error as Error);
    }
  }

  close(): Promise<void> {
    clearInterval(this.#sweeper);
    return this.#inFlight.close(async () => {
      await Promise.all([...this.#graphs].map((graph) => graph.close()));
      await this.#client.close();
    });
  }
}

async function fill(collection: Collection, build: AnnBuild): Promise<void> {
  const { dimensions } = build;
  let next = 0;
  await addRows(build, async (vectors, size) => {
    for (let first = 0; first < size; first += ROWS_A_MESSAGE) {
      build.signal?.throwIfAborted();
      const objects = Array.from({ length: Math.min(ROWS_A_MESSAGE, size - first) }, (_, at) => {
        const start = (first + at) * dimensions;
        return { id: idOfRow(next++), vectors: Array.from(vectors.subarray(start, start + dimensions)) };
      });
      const { hasErrors, errors } = await saying(() => collection.data.insertMany(objects));
      if (!hasErrors) continue;
      const [message] = Object.values(errors).map((error) => error.message);
      throw new AnnError(`weaviate: ${Object.keys(errors).length} of ${objects.length} rows were refused: ${message}`);
    }
  });
}

async function readStart(file: string, bytes: number): Promise<string> {
  await using handle = await open(file, "r");
  const content = Buffer.alloc(bytes);
  await handle.read(content, 0, bytes, 0);
  return content.toString();
}
