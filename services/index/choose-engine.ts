import { ConfigError } from "../kit/config.ts";
import type { AnnEngine, AnnStart } from "./ann/ann.ts";
import { startFaiss } from "./ann/faiss/engine.ts";
import { startFaissNode } from "./ann/faiss-node/engine.ts";

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

export type WantedEngine = "auto" | "flat" | "faiss" | "faiss-node";

/** What starts each engine. */
export type Starters = Record<Exclude<WantedEngine, "auto" | "flat">, () => Promise<AnnStart>>;

/** @param library FAISS_C_LIBRARY */
export function starters(library?: string): Starters {
  return { faiss: () => startFaiss({ library }), "faiss-node": startFaissNode };
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
