import os from "node:os";
import process from "node:process";
import { eventLoop } from "../../turn.ts";
import type { AnnBuild, AnnEngine, AnnGraph, AnnMetric, AnnStart } from "../ann.ts";
import { checkBuild, checkHead } from "../check-query.ts";
import { verifyGraphFile } from "../graph-file.ts";
import { InFlight } from "../in-flight.ts";
import { Slots } from "../slots.ts";
import { buildIndex } from "./build.ts";
import { FaissGraph } from "./graph.ts";
import { type FoundLibrary, findLibrary } from "./library.ts";
import { loadNative, type Native, type Pointer } from "./native.ts";
import { NativeThread } from "./native-thread.ts";

/** Pages are read when they are needed, and shared with the system's cache (faiss/index_io.h, IO_FLAG_MMAP_IFC). */
const MAPPED = 1 << 9;

export interface FaissOptions {
  /** A `libfaiss_c`, or a folder with its builds (FAISS_C_LIBRARY). Default: what set-up built, or the system's. */
  library?: string | undefined;
  /** Searches at a time; default: one a processor, and one thread of libuv's pool left to others. */
  searches?: number;
  /**
   * A search that is expected to take less than this is done at once on the event loop, microseconds; 0: none. Default 100:
   * going to another thread and back costs about 30 of processor time. With one or two processors 750: another thread would
   * only take turns with this one.
   */
  inlineMicros?: number;
  /** Processors that a build may use. Default: half of them. */
  buildThreads?: number;
}

/** Start the engine on FAISS's C API, or say why it cannot be. */
export async function startFaiss(options: FaissOptions = {}): Promise<AnnStart> {
  const found = await findLibrary(options.library);
  if ("reason" in found) return { available: false, reason: found.reason };
  try {
    const native = await loadNative(found.file, found.variant);
    return { available: true, engine: new FaissEngine(native, found, options) };
  } catch (error) {
    return { available: false, reason: whyNot(error, found.file) };
  }
}

function whyNot(error: unknown, file: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ERR_MODULE_NOT_FOUND" || /Cannot find (package|module)/i.test(message)) {
    return "the package koffi is not installed: run npm install";
  }
  return `${file} cannot be used: ${message}`;
}

class FaissEngine implements AnnEngine {
  readonly name = "faiss";
  readonly version: string;
  readonly source: string;
  readonly #native: Native;
  readonly #slots: Slots;
  readonly #buildThreads: number;
  readonly #inlineMicros: number;
  readonly #graphs = new Set<FaissGraph>();
  readonly #inFlight = new InFlight("the engine faiss");

  constructor(native: Native, { file, variant }: FoundLibrary, { searches, buildThreads, inlineMicros }: FaissOptions) {
    this.#native = native;
    this.source = file;
    this.version = `${native.version} ${variant}`;
    this.#slots = new Slots(searches ?? searchesFor(os.availableParallelism(), process.env.UV_THREADPOOL_SIZE));
    this.#inlineMicros = inlineMicros ?? (os.availableParallelism() > 2 ? 100 : 750);
    this.#buildThreads = buildThreads ?? Math.max(1, Math.floor(os.availableParallelism() / 2));
  }

  async build(build: AnnBuild): Promise<AnnGraph> {
    checkBuild(build);
    return this.#inFlight.run(async () => {
      const thread = { library: this.source, threads: this.#buildThreads };
      return this.#keep(await buildIndex(this.#native, thread, build), build);
    });
  }

  open(file: string, expected: { dimensions: number; metric: AnnMetric }): Promise<AnnGraph> {
    return this.#inFlight.run(async () => {
      const head = await verifyGraphFile(file);
      checkHead(file, head, expected);
      const thread = new NativeThread({ library: this.source, threads: 1 });
      try {
        const flags = process.platform === "linux" ? MAPPED : 0;
        return this.#keep((await thread.run({ op: "read", file, flags }))!, head);
      } finally {
        await thread.end();
      }
    });
  }

  #keep(index: Pointer, head: { dimensions: number; metric: AnnMetric; factory: string }): AnnGraph {
    const { dimensions, metric, factory } = head;
    const graph = new FaissGraph({
      native: this.#native,
      index,
      dimensions,
      metric,
      factory,
      slots: this.#slots,
      inlineMicros: this.#inlineMicros,
      turn: eventLoop,
      thread: { library: this.source, threads: 1 },
      onClose: (closed) => this.#graphs.delete(closed),
    });
    this.#graphs.add(graph);
    return graph;
  }

  close(): Promise<void> {
    return this.#inFlight.close(async () => {
      await Promise.all([...this.#graphs].map((graph) => graph.close()));
    });
  }
}

/** Searches at a time: no more than processors, and the pool's other work (files, DNS, zlib) finds a thread free. */
export function searchesFor(processors: number, poolSize = "4"): number {
  return Math.max(1, Math.min(processors, (Number(poolSize) || 4) - 1));
}
