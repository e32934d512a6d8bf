import { join } from "node:path";
import { type KnownModel, ModelSet, type ModelSource } from "../model-set.ts";
import { type ReadOptions, type StoredModel, VersionReader } from "../repository/model-repository.ts";
import { type ActiveVersions, readActive, writeActive } from "./active-file.ts";
import type { OpenInference } from "./inference.ts";
import { startVersion } from "./start-version.ts";

export interface OpenModelsOptions extends ReadOptions {
  /** MODEL_DIR. */
  directory: string;
  open: OpenInference;
  threads: number;
  /** Where activations are kept. Default: `active.json` in the directory. */
  activeFile?: string;
  /** A version that drains is ended after this time at the latest. Default 60,000 ms. */
  drainMs?: number;
}

/**
 * The models of a directory, of each the version that was activated last, or else the highest, started and proven. One
 * that does not come up is kept as broken, the others serve: another version would answer with other vectors.
 * @throws Error when the directory or the file of activations cannot be read.
 */
export async function openModels(options: OpenModelsOptions): Promise<ModelSet> {
  const { directory, open, threads, variant, drainMs = 60_000 } = options;
  const activeFile = options.activeFile ?? join(directory, "active.json");
  const reader = new VersionReader(directory, { variant });
  const list = () => reader.list();
  const chosen = await readActive(activeFile);
  const entries = chooseActive(await list(), chosen);
  const source: ModelSource = {
    list,
    open,
    threads,
    drainMs,
    previous: Object.fromEntries(Object.entries(chosen).map(([name, { previous }]) => [name, previous])),
    chosen: () => readActive(activeFile),
    // Read again, because another Encoder may have activated another model meanwhile.
    keep: async (name, choice, others) =>
      writeActive(activeFile, { ...others, ...(await readActive(activeFile)), [name]: choice }),
  };
  return new ModelSet(await Promise.all(entries.map((entry) => startVersion(entry, open, threads))), source);
}

/** Of each name the chosen version, or else the highest; a choice that is not there is broken, not replaced. */
export function chooseActive(stored: readonly StoredModel[], chosen: ActiveVersions): StoredModel[] {
  const byName = Map.groupBy(stored, (entry) => (entry.kind === "ready" ? entry.pack.name : entry.name));
  return [...byName].flatMap(([name, versions]) => {
    const revision = chosen[name]?.active;
    if (revision === undefined) return versions.slice(-1);
    const found = versions.find((entry) => revisionOf(entry) === revision);
    return [found ?? missing(name, revision, versions)];
  });
}

function missing(name: string, revision: string, versions: readonly StoredModel[]): KnownModel & { kind: "broken" } {
  const known = versions.map(revisionOf).join(", ");
  const reason = `${name}/${revision}: was activated and is not there any more; there are ${known}: activate one of them`;
  return { kind: "broken", name, revision, reason };
}

function revisionOf(entry: StoredModel): string {
  return entry.kind === "ready" ? entry.pack.revision : entry.revision;
}
