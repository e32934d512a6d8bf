import { createRequire } from "node:module";
import { join } from "node:path";
import { type AnnBuild, type AnnEngine, AnnError, type AnnGraph, type AnnMetric, type AnnStart } from "../ann.ts";
import { checkBuild, checkHead } from "../check-query.ts";
import { toolsFolder } from "../faiss/library.ts";
import { addRows, trainingSample } from "../feed-rows.ts";
import { verifyGraphFile } from "../graph-file.ts";
import { InFlight } from "../in-flight.ts";
import { FaissNodeProcess } from "./child-process.ts";
import { FaissNodeGraph } from "./graph.ts";

/** Start the engine on npm's faiss-node, or say why it cannot be. A process is started to see whether the package loads. */
export async function startFaissNode(): Promise<AnnStart> {
  const require = createRequire(import.meta.url);
  const places = ["faiss-node", join(toolsFolder, "faiss-node/node_modules/faiss-node")];
  for (const place of places) {
    let manifest: string;
    try {
      manifest = require.resolve(`${place}/package.json`);
    } catch {
      continue; // not installed there
    }
    const folder = join(manifest, "..");
    try {
      await (await FaissNodeProcess.start(folder)).end();
    } catch (error) {
      return { available: false, reason: `${folder} cannot be used: ${(error as Error).message}` };
    }
    const { version } = require(manifest) as { version: string };
    return { available: true, engine: new FaissNodeEngine(folder, version) };
  }
  return { available: false, reason: "faiss-node is not installed: run npm run setup:faiss -- --faiss-node" };
}

class FaissNodeEngine implements AnnEngine {
  readonly name = "faiss-node";
  readonly #graphs = new Set<FaissNodeGraph>();
  readonly #inFlight = new InFlight("the engine faiss-node");
  readonly source: string;
  readonly version: string;

  constructor(source: string, version: string) {
    this.source = source;
    this.version = version;
  }

  async build(build: AnnBuild): Promise<AnnGraph> {
    checkBuild(build);
    const { dimensions, metric, factory, count, signal } = build;
    signal?.throwIfAborted();
    return this.#inFlight.run(async () => {
      const process = await FaissNodeProcess.start(this.source);
      try {
        const { trained } = await process.run({ op: "create", dimensions, factory, metric });
        if (!trained) {
          const vectors = await trainingSample(build);
          await process.run({ op: "train", vectors });
        }
        await addRows(build, (vectors) => process.run({ op: "add", vectors }));
      } catch (error) {
        await process.end();
        throw error;
      }
      return this.#keep(process, { dimensions, metric, factory, count });
    });
  }

  open(file: string, expected: { dimensions: number; metric: AnnMetric }): Promise<AnnGraph> {
    return this.#inFlight.run(async () => {
      const head = await verifyGraphFile(file);
      checkHead(file, head, expected);
      const process = await FaissNodeProcess.start(this.source);
      try {
        const { count } = await process.run({ op: "read", file });
        if (count !== head.count) throw new AnnError(`expected ${head.count} rows in ${file}, got ${count}`);
      } catch (error) {
        await process.end();
        throw error;
      }
      return this.#keep(process, head);
    });
  }

  #keep(
    process: FaissNodeProcess,
    { dimensions, metric, factory, count }: Pick<AnnBuild, "dimensions" | "metric" | "factory" | "count">,
  ): AnnGraph {
    const onClose = (closed: FaissNodeGraph) => this.#graphs.delete(closed);
    const graph = new FaissNodeGraph({ process, dimensions, metric, factory, count, onClose });
    this.#graphs.add(graph);
    return graph;
  }

  close(): Promise<void> {
    return this.#inFlight.close(async () => {
      await Promise.all([...this.#graphs].map((graph) => graph.close()));
    });
  }
}
