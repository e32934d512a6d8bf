import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * A file that changed so shortly before it was looked at may change again within the same tick of the file system's
 * clock, and look the same: what was read from it is not kept. ms
 */
const TICK_MS = 2_000;

/** Folders below a version's own in which files lie that matter. */
const FOLDERS = ["", "onnx", "1_Pooling"] as const;

interface Kept<T> {
  fingerprint: string;
  value: T;
}

/**
 * What was read from a version's folder, for as long as its files are the same ones: by name, size, inode and times. To
 * look costs a call of stat for each file; to read parses a tokenizer and the headers of the graphs.
 */
export class VersionMemo<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #now: () => number;

  /** @param now ms since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** What `read` gave for this folder, or gives now. */
  async get(folder: string, read: () => Promise<T>): Promise<T> {
    const seen = await fingerprintOf(folder);
    const kept = this.#kept.get(folder);
    if (kept && kept.fingerprint === seen.fingerprint) return kept.value;
    this.#kept.delete(folder);
    const began = this.#now();
    const value = await read();
    if (seen.newestMs < began - TICK_MS) this.#kept.set(folder, { fingerprint: seen.fingerprint, value });
    return value;
  }

  /** Forget all folders but these. */
  keepOnly(folders: readonly string[]): void {
    const there = new Set(folders);
    for (const folder of this.#kept.keys()) if (!there.has(folder)) this.#kept.delete(folder);
  }
}

async function fingerprintOf(folder: string): Promise<{ fingerprint: string; newestMs: number }> {
  const lists = await Promise.all(FOLDERS.map((below) => statsOf(join(folder, below))));
  const files = lists.flat();
  return {
    fingerprint: files.map(({ mark }) => mark).join("\n"),
    newestMs: files.reduce((newest, { changedMs }) => Math.max(newest, changedMs), 0),
  };
}

async function statsOf(folder: string): Promise<{ mark: string; changedMs: number }[]> {
  const names = (await readdir(folder).catch(nothing)) ?? [];
  const all = [".", ...names.sort()].map(async (name) => {
    const path = join(folder, name);
    const found = await stat(path, { bigint: true }).catch(nothing);
    if (!found) return { mark: `${path} none`, changedMs: 0 };
    const { dev, ino, size, mtimeNs, ctimeNs } = found;
    return { mark: [path, dev, ino, size, mtimeNs, ctimeNs].join(" "), changedMs: Number(ctimeNs / 1_000_000n) };
  });
  return Promise.all(all);
}

/** Whatever cannot be looked at is said by whoever reads it. */
function nothing(error: NodeJS.ErrnoException): undefined {
  if (!error.code) throw error;
  return undefined;
}
