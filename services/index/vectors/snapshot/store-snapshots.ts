import { join } from "node:path";
import type { HeldGraph } from "../held-graph.ts";
import type { RowSet } from "../row-set.ts";
import { Slices } from "../slices.ts";
import type { VectorIndex } from "../vector-index.ts";
import { readWhole, writeChecked } from "./checked-file.ts";
import { CorruptSnapshotError, SnapshotWriteError } from "./errors.ts";
import { type Files, realFiles } from "./files.ts";
import { checkGraph, readRows, writeIndex } from "./index-files.ts";
import { decodeManifest, ENDIAN, encodeManifest, FORMAT, type IndexManifest, type Manifest } from "./manifest.ts";
import { decodeStrings, encodeStrings } from "./string-list.ts";

const GENERATION = /^generation-(\d{8})$/;
/** Damaged generations that are kept for a person to look at. */
const KEEP_CORRUPT = 2;
/** Strings between two looks at the clock. */
const STRIDE = 1024;

/** All that is in one snapshot: every index as of one change. */
export interface SnapshotContents {
  /** The last change that was applied. */
  seq: bigint;
  /** What this is of, in the owner's words; see {@link StoreSnapshots.open}. Default "". */
  key?: string;
  /** What is beside the indexes (strings behind codes, records of items): the first `count` of `strings`, by name. */
  lists: Record<string, { count: number; strings: Iterable<string> }>;
  /** By name: letters, digits, "_" and "-". */
  indexes: ReadonlyMap<string, VectorIndex>;
}

export interface SnapshotInfo {
  /** Name of its folder. */
  generation: string;
  seq: bigint;
  key: string;
  at: Date;
  bytes: number;
  /** Live rows of all indexes. */
  rows: number;
}

/** A snapshot in memory; the caller makes its indexes of the rows. */
export interface OpenedSnapshot {
  info: SnapshotInfo;
  lists: Record<string, string[]>;
  indexes: Map<string, { manifest: IndexManifest; rows: RowSet; graph: HeldGraph | undefined }>;
}

interface ListCut {
  name: string;
  count: number;
  strings: Iterable<string>;
}

type SnapshotOf = Pick<SnapshotContents, "seq" | "key">;
type IndexCut = ReturnType<VectorIndex["holdCut"]> & { name: string; index: VectorIndex };

export type SnapshotEvent =
  | { kind: "written"; info: SnapshotInfo; ms: number }
  /** A damaged generation was renamed, and the one before it is tried. */
  | { kind: "set-aside"; generation: string; error: Error }
  /** A generation could not be read, though nothing says that it is damaged; it stays. */
  | { kind: "unreadable"; generation: string; error: Error }
  /** Rows were read, the graph was not: it is built again. */
  | { kind: "graph-dropped"; index: string; error: Error };

export interface StoreSnapshotsOptions {
  folder: string;
  /** Generations that are kept, 1 or more. Default 2. */
  keep?: number;
  onEvent?: (event: SnapshotEvent) => void;
  /** Default: the file system. */
  files?: Files;
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/** The snapshots of one replica: a folder for each generation, there as a whole or not at all. */
export class StoreSnapshots {
  readonly #folder: string;
  readonly #keep: number;
  readonly #onEvent: (event: SnapshotEvent) => void;
  readonly #files: Files;
  readonly #nowMs: () => number;
  #writing = false;

  constructor({
    folder,
    keep = 2,
    onEvent = () => {},
    files = realFiles,
    nowMs = () => performance.now(),
  }: StoreSnapshotsOptions) {
    this.#folder = folder;
    this.#keep = keep;
    this.#onEvent = onEvent;
    this.#files = files;
    this.#nowMs = nowMs;
  }

  /**
   * Write what the contents are now; changes may go on meanwhile and are not in it.
   * @throws {SnapshotWriteError} the disk is full, or another failure; earlier generations are as they were
   * @throws {RangeError} while another one is being written
   */
  async write(contents: SnapshotContents): Promise<SnapshotInfo> {
    if (this.#writing) throw new RangeError("a snapshot is being written already: wait for it");
    this.#writing = true;
    const began = this.#nowMs();
    // Before the first await, so that all indexes are of one moment.
    const cuts = [...contents.indexes].map(([name, index]) => ({ name, index, ...index.holdCut() }));
    const lists = Object.entries(contents.lists).map(
      ([name, { count, strings }]): ListCut => ({
        name,
        count,
        strings,
      }),
    );
    let info: SnapshotInfo;
    try {
      info = await this.#writeGeneration(contents, lists, cuts);
    } catch (error) {
      throw new SnapshotWriteError(this.#folder, error);
    } finally {
      for (const { release } of cuts) release();
      this.#writing = false;
    }
    await this.#prune();
    this.#onEvent({ kind: "written", info, ms: this.#nowMs() - began });
    return info;
  }

  /**
   * The newest generation that is whole and of `key` (default: of any); or `generation`, if that is. Damaged ones are set
   * aside and reported; undefined: there is none.
   * `openGraph` may give undefined where the graph is not wanted (another engine, other settings).
   */
  async open(
    openGraph: (path: string, index: IndexManifest) => Promise<HeldGraph | undefined> = async () => undefined,
    { key, generation: wanted }: { key?: string; generation?: string } = {},
  ): Promise<OpenedSnapshot | undefined> {
    for (const generation of (await this.#generations()).reverse()) {
      if (wanted !== undefined && generation !== wanted) continue;
      try {
        return await this.#read(generation, openGraph, key);
      } catch (cause) {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        if (error instanceof CorruptSnapshotError || missing) {
          await this.#setAside(generation);
          this.#onEvent({ kind: "set-aside", generation, error });
        } else {
          this.#onEvent({ kind: "unreadable", generation, error });
        }
      }
    }
    return undefined;
  }

  /** The generations that are there, newest first; those whose manifest cannot be read are left out. */
  async list(): Promise<SnapshotInfo[]> {
    const infos: SnapshotInfo[] = [];
    for (const generation of (await this.#generations()).reverse()) {
      try {
        infos.push(infoOf(generation, await this.#manifest(generation)));
      } catch (error) {
        this.#onEvent({ kind: "unreadable", generation, error: error as Error });
      }
    }
    return infos;
  }

  /** Write aside, wait for the disk, rename: there is a whole generation or none. */
  async #writeGeneration(of: SnapshotOf, lists: ListCut[], cuts: IndexCut[]): Promise<SnapshotInfo> {
    await this.#files.mkdir(this.#folder);
    const last = (await this.#generations()).at(-1);
    const number = last ? Number(GENERATION.exec(last)![1]) + 1 : 1;
    const generation = `generation-${String(number).padStart(8, "0")}`;
    const writing = join(this.#folder, `writing-${generation}`);
    await this.#files.remove(writing);
    try {
      const manifest = await this.#writeFiles(writing, of, lists, cuts);
      await this.#files.rename(writing, join(this.#folder, generation));
      await this.#files.sync(this.#folder);
      return infoOf(generation, manifest);
    } catch (error) {
      await this.#files.remove(writing);
      throw error;
    }
  }

  async #writeFiles(
    folder: string,
    { seq, key = "" }: SnapshotOf,
    lists: ListCut[],
    cuts: IndexCut[],
  ): Promise<Manifest> {
    const manifest: Manifest = {
      format: FORMAT,
      seq: String(seq),
      key,
      at: new Date().toISOString(),
      endian: ENDIAN,
      lists: Object.fromEntries(lists.map(({ name, count }) => [name, count])),
      indexes: [],
      files: {},
    };
    await this.#files.mkdir(join(folder, "lists"));
    for (const { name, count, strings } of lists) {
      const file = `lists/${name}`;
      manifest.files[file] = await writeChecked(
        this.#files,
        join(folder, file),
        encodeStrings(firstOf(strings, count)),
      );
    }
    await this.#files.sync(join(folder, "lists"));
    for (const { name, index, cut, graph } of cuts) {
      const sums = await writeIndex(this.#files, join(folder, name), cut, graph);
      for (const [file, sum] of Object.entries(sums)) manifest.files[`${name}/${file}`] = sum;
      manifest.indexes.push({
        name,
        dimensions: index.dimensions,
        metric: index.metric,
        rows: cut.rows,
        live: cut.live,
        stride: cut.blocks[0]?.block.rows.stride ?? 0,
        graph: graph && { engine: graph.engine, factory: graph.factory, count: graph.graph.count },
      });
    }
    await writeChecked(this.#files, join(folder, "manifest.json"), [encodeManifest(manifest)]);
    await this.#files.sync(folder);
    return manifest;
  }

  async #read(
    generation: string,
    openGraph: (path: string, index: IndexManifest) => Promise<HeldGraph | undefined>,
    key: string | undefined,
  ): Promise<OpenedSnapshot> {
    const folder = join(this.#folder, generation);
    const manifest = await this.#manifest(generation);
    if (key !== undefined && manifest.key !== key)
      throw new Error(`expected a snapshot of ${key}, got ${manifest.key}`);
    const sumOf = (file: string) => {
      const sum = manifest.files[file];
      if (!sum) throw new CorruptSnapshotError(`manifest.json: has no file ${file}`);
      return sum;
    };
    const lists: Record<string, string[]> = {};
    for (const [name, count] of Object.entries(manifest.lists)) {
      const file = `lists/${name}`;
      const bytes = await readWhole(this.#files, join(folder, file), sumOf(file));
      lists[name] = await allOf(decodeStrings(bytes, count, file));
    }
    const indexes: OpenedSnapshot["indexes"] = new Map();
    try {
      for (const index of manifest.indexes) {
        const { name } = index;
        const rows = await readRows(this.#files, join(folder, name), index, (file) => sumOf(`${name}/${file}`));
        indexes.set(name, { manifest: index, rows, graph: undefined });
        if (!index.graph) continue;
        const path = await checkGraph(this.#files, join(folder, name), sumOf(`${name}/graph`));
        const graph = await this.#openGraph(openGraph, path, index);
        indexes.set(name, { manifest: index, rows, graph });
      }
    } catch (error) {
      for (const { graph } of indexes.values()) await graph?.letGo();
      throw error;
    }
    return { info: infoOf(generation, manifest), lists, indexes };
  }

  /** A graph that its engine refuses is only derived: without it the rows are as good. */
  async #openGraph(
    openGraph: (path: string, index: IndexManifest) => Promise<HeldGraph | undefined>,
    path: string,
    index: IndexManifest,
  ): Promise<HeldGraph | undefined> {
    try {
      const held = await openGraph(path, index);
      if (!held || held.graph.count === index.graph?.count) return held;
      await held.letGo();
      throw new Error(`expected a graph of ${index.graph?.count} rows, got ${held.graph.count}`);
    } catch (error) {
      this.#onEvent({ kind: "graph-dropped", index: index.name, error: error as Error });
      return undefined;
    }
  }

  async #manifest(generation: string): Promise<Manifest> {
    const path = join(this.#folder, generation, "manifest.json");
    const file = await this.#files.open(path, "r");
    try {
      return decodeManifest(await file.readFile());
    } finally {
      await file.close();
    }
  }

  async #setAside(generation: string): Promise<void> {
    const path = join(this.#folder, generation);
    await this.#files.remove(`${path}.corrupt`);
    await this.#files.rename(path, `${path}.corrupt`);
    await this.#files.sync(this.#folder);
  }

  /** Remove what is older than the generations that are kept, and what an end in the midst of writing left. */
  async #prune(): Promise<void> {
    const names = await this.#files.list(this.#folder);
    const old = (await this.#generations()).slice(0, -this.#keep);
    const corrupt = names
      .filter((name) => name.endsWith(".corrupt"))
      .sort()
      .slice(0, -KEEP_CORRUPT);
    const broken = names.filter((name) => name.startsWith("writing-"));
    for (const name of [...old, ...corrupt, ...broken]) await this.#files.remove(join(this.#folder, name));
  }

  /** Oldest first. */
  async #generations(): Promise<string[]> {
    return (await this.#files.list(this.#folder)).filter((name) => GENERATION.test(name)).sort();
  }
}

function infoOf(generation: string, { seq, key, at, files, indexes }: Manifest): SnapshotInfo {
  return {
    generation,
    seq: BigInt(seq),
    key,
    at: new Date(at),
    bytes: Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0),
    rows: indexes.reduce((sum, { live }) => sum + live, 0),
  };
}

function* firstOf(strings: Iterable<string>, count: number): Generator<string> {
  if (count === 0) return;
  let given = 0;
  for (const text of strings) {
    yield text;
    if (++given === count) return;
  }
  throw new RangeError(`expected ${count} strings, got ${given}`);
}

/** All strings, gathered in slices. */
async function allOf(strings: Iterable<string>): Promise<string[]> {
  const slices = new Slices();
  const all: string[] = [];
  for (const text of strings) {
    if (all.push(text) % STRIDE === 0 && slices.over) await slices.pause();
  }
  return all;
}
