import { hostname } from "node:os";
import { ConfigError } from "../kit/config.ts";
import type { Logger } from "../kit/log.ts";
import type { AnnEngine, AnnStart } from "./ann/ann.ts";
import { startFaiss } from "./ann/faiss/engine.ts";
import { startFaissNode } from "./ann/faiss-node/engine.ts";
import { startWeaviate } from "./ann/weaviate/engine.ts";
import type { IndexConfig } from "./config.ts";

/** What graphs are built with, or why there are none. */
export interface ChosenEngine {
  /** Absent: every search is an exact scan. */
  engine?: AnnEngine;
  name: string;
  /** Of the library and the code path in use; "" for flat. */
  version: string;
  /** Where the library was found; "" for flat. */
  source: string;
  /** Why this one. */
  reason: string;
}

export type WantedEngine = "auto" | "flat" | "faiss" | "faiss-node" | "weaviate";

/** What starts each engine. */
export type Starters = Record<Exclude<WantedEngine, "auto" | "flat">, () => Promise<AnnStart>>;

/** As configured; `log` is told what becomes of collections that are left over in Weaviate. */
export function starters(
  config: Pick<
    IndexConfig,
    "FAISS_C_LIBRARY" | "INDEX_PORT" | "WEAVIATE_URL" | "WEAVIATE_GRPC_URL" | "WEAVIATE_API_KEY" | "WEAVIATE_INSTANCE"
  >,
  log: Pick<Logger, "info" | "warn">,
): Starters {
  const weaviate = {
    url: config.WEAVIATE_URL,
    grpcUrl: config.WEAVIATE_GRPC_URL,
    instance: config.WEAVIATE_INSTANCE ?? `${hostname()}-${config.INDEX_PORT}`,
    ...(config.WEAVIATE_API_KEY && { apiKey: config.WEAVIATE_API_KEY }),
    onSweep(deleted: string[], err?: Error) {
      if (err) log.warn({ event: "weaviate_sweep_failed", err }, "collections that are left over could not be deleted");
      else log.info({ event: "weaviate_swept", deleted }, "collections that were left over are deleted");
    },
  };
  return {
    faiss: () => startFaiss({ library: config.FAISS_C_LIBRARY }),
    "faiss-node": startFaissNode,
    weaviate: () => startWeaviate(weaviate),
  };
}

/** @throws {ConfigError} the engine that is named cannot be used here: why, and what to do. */
export async function chooseEngine(wanted: WantedEngine, start: Starters): Promise<ChosenEngine> {
  const flat = { name: "flat", version: "", source: "" };
  if (wanted === "flat") return { ...flat, reason: "INDEX_ENGINE is flat" };
  const started = await start[wanted === "auto" ? "faiss" : wanted]();
  if (started.available) {
    const { engine } = started;
    const { name, version, source } = engine;
    const reason = wanted === "auto" ? `INDEX_ENGINE is auto, and ${source} is there` : `INDEX_ENGINE is ${wanted}`;
    return { engine, name, version, source, reason };
  }
  if (wanted === "auto")
    return { ...flat, reason: `INDEX_ENGINE is auto, and faiss cannot be used: ${started.reason}` };
  throw new ConfigError(
    `cannot start, INDEX_ENGINE is ${wanted}, which cannot be used: ${started.reason}; or set INDEX_ENGINE=auto to search exactly without it`,
  );
}
