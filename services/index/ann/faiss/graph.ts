import type { Turn } from "../../turn.ts";
import { abortable } from "../abortable.ts";
import {
  type AnnAnswer,
  AnnError,
  type AnnGraph,
  type AnnMetric,
  type AnnQuery,
  type AnnRangeAnswer,
  type AnnRangeQuery,
} from "../ann.ts";
import { checkQuery } from "../check-query.ts";
import { writeGraphFile } from "../graph-file.ts";
import { InFlight } from "../in-flight.ts";
import { measuresExactly } from "../measures-exactly.ts";
import { estimateGraphBytes } from "../memory.ts";
import type { Slots } from "../slots.ts";
import { toAnswer, toScore } from "../to-answer.ts";
import { lowWords, type Native, type Pointer, type SearchCall } from "./native.ts";
import { NativeThread, type ThreadOptions } from "./native-thread.ts";
import { defaultsFor, ParameterGate, type Parameters } from "./parameter-gate.ts";
import { SearchCost } from "./search-cost.ts";

/**
 * Queries that one call takes: FAISS multiplies matrices where it has many, which pays up to here, and other searches have
 * to get between. Fewer, but no fewer than the first number, when that keeps more processors busy.
 */
const QUERIES_A_CALL = { atLeast: 64, atMost: 256 };

/** Neighbours whose room is kept. */
const LEAST_ROOM = 256;
const MOST_ROOM = 2 ** 16;

/** Where FAISS writes what it finds. */
interface Room {
  distances: Float32Array;
  labels: BigInt64Array;
}

const NAMES = { efSearch: "efSearch", nprobe: "nprobe", refine: "k_factor_rf" } as const;

export interface FaissGraphOptions {
  native: Native;
  index: Pointer;
  dimensions: number;
  metric: AnnMetric;
  factory: string;
  /** Searches at work at a time, over all graphs of the engine. */
  slots: Slots;
  /** What is expected to take less runs on the event loop, microseconds. */
  inlineMicros: number;
  /** Of the event loop: once it is over, searches go to other threads. */
  turn: Pick<Turn, "over">;
  /** For writing. */
  thread: ThreadOptions;
  onClose(graph: FaissGraph): void;
}

/** An index of FAISS, and care that it is never used after it was freed. */
export class FaissGraph implements AnnGraph {
  readonly dimensions: number;
  readonly metric: AnnMetric;
  readonly count: number;
  readonly measuresExactly: boolean;
  readonly memoryBytes: number;
  readonly #options: FaissGraphOptions;
  readonly #inFlight = new InFlight("this graph");
  readonly #gate: ParameterGate;
  readonly #cost = new SearchCost();
  readonly #defaults: Parameters;
  #room = makeRoom(0);

  constructor(options: FaissGraphOptions) {
    const { native, index, dimensions, metric, factory } = options;
    this.#options = options;
    this.dimensions = dimensions;
    this.metric = metric;
    this.count = native.describe(index).count;
    this.measuresExactly = measuresExactly(factory);
    this.memoryBytes = estimateGraphBytes(factory, this);
    // Found out once: what an index has no use for is not set again.
    const apply = (parameters: Parameters) =>
      names.filter((name) => native.setParameter(index, NAMES[name], parameters[name]));
    let names = Object.keys(NAMES) as (keyof Parameters)[];
    this.#defaults = defaultsFor(factory);
    names = apply(this.#defaults);
    this.#gate = new ParameterGate(apply);
  }

  async search(query: AnnQuery): Promise<AnnAnswer> {
    query.signal?.throwIfAborted();
    const queries = checkQuery(query, this.dimensions);
    return abortable(
      this.#inFlight.run(() => this.#search(query, queries)),
      query.signal,
    );
  }

  async #search({ vectors, k, params, signal }: AnnQuery, queries: number): Promise<AnnAnswer> {
    const { native, inlineMicros, turn } = this.#options;
    // Nobody finds more rows than there are; the rest of the answer stays empty.
    const width = Math.min(k, this.count);
    const parameters = { ...this.#defaults, ...params };
    return await this.#gate.run(parameters, async () => {
      const here = !turn.over && this.#cost.fits(parameters, queries, inlineMicros);
      const room = here ? this.#roomFor(queries * width) : makeRoom(queries * width);
      const calls = this.#calls(vectors, queries, width, room);
      if (here) {
        for (const call of calls) this.#cost.measure(parameters, call.count, () => native.search(call));
      } else {
        await settled(
          calls.map((call) =>
            this.#options.slots.run(
              () => this.#cost.measureAway(parameters, call.count, () => searchOnce(native, call)),
              signal,
            ),
          ),
        );
      }
      // Without a pause since a search that was done here: the next one has the same room.
      const { distances } = room;
      const labels = lowWords(room.labels.buffer, queries * width);
      const answer = toAnswer({ labels, distances, queries, width, k, metric: this.metric });
      return { ...answer, workUs: this.#cost.expected(parameters, queries) };
    });
  }

  /** What FAISS is asked: all at once, or so that several processors have something to do. */
  #calls(vectors: Float32Array, queries: number, width: number, { distances, labels }: Room): SearchCall[] {
    const { index, slots } = this.#options;
    const { atLeast, atMost } = QUERIES_A_CALL;
    const step = Math.max(atLeast, Math.min(atMost, Math.ceil(queries / slots.limit)));
    const calls: SearchCall[] = [];
    for (let first = 0; first < queries; first += step) {
      const count = Math.min(step, queries - first);
      calls.push({
        ...{ index, count, k: width },
        vectors: vectors.subarray(first * this.dimensions, (first + count) * this.dimensions),
        distances: distances.subarray(first * width, (first + count) * width),
        labels: labels.subarray(first * width, (first + count) * width),
      });
    }
    return calls;
  }

  /** Kept for searches that are done here, one after the other: memory outside of the heap is dear to get and to give back. */
  #roomFor(size: number): Room {
    if (size > MOST_ROOM) return makeRoom(size);
    if (this.#room.labels.length < size) this.#room = makeRoom(Math.max(LEAST_ROOM, 2 * size));
    return this.#room;
  }

  async searchRange(query: AnnRangeQuery): Promise<AnnRangeAnswer[]> {
    const { vectors, minScore, params, signal } = query;
    signal?.throwIfAborted();
    const queries = checkQuery({ ...query, k: 1 }, this.dimensions);
    const { native, index, slots } = this.#options;
    // FAISS leaves out what is exactly at the radius.
    const radius = this.metric === "ip" ? floatBelow(minScore) : -floatBelow(minScore);
    const work = this.#inFlight.run(() =>
      this.#gate.run({ ...this.#defaults, ...params }, () =>
        slots.run(() => native.rangeSearchAsync(index, queries, vectors, radius), signal),
      ),
    );
    const { limits, labels, distances } = await abortable(work, signal);
    const { metric } = this;
    const scores = distances.map((distance) => toScore(distance, metric));
    return Array.from({ length: queries }, (_, i) => {
      const found = Array.from({ length: limits[i + 1]! - limits[i]! }, (_, j) => limits[i]! + j);
      // A refining index measures again what it found roughly, and then leaves in what is too far.
      const near = found.filter((at) => scores[at]! >= minScore);
      near.sort((a, b) => scores[b]! - scores[a]! || labels[a]! - labels[b]!);
      return {
        labels: Int32Array.from(near, (at) => labels[at]!),
        scores: Float32Array.from(near, (at) => scores[at]!),
      };
    });
  }

  async write(file: string): Promise<void> {
    const { index, dimensions, metric, factory, thread: options } = this.#options;
    await this.#inFlight.run(async () => {
      const thread = new NativeThread(options);
      try {
        await writeGraphFile(file, { dimensions, metric, count: this.count, factory }, (content) =>
          thread.run({ op: "write", index, file: content }),
        );
      } finally {
        await thread.end();
      }
    });
  }

  close(): Promise<void> {
    const { native, index, onClose } = this.#options;
    return this.#inFlight.close(async () => {
      await native.freeAsync(index);
      onClose(this);
    });
  }
}

function makeRoom(size: number): Room {
  return { distances: new Float32Array(size), labels: new BigInt64Array(size) };
}

/** Like Promise.all, but waits for all of them also when one fails: none goes on unseen. */
async function settled(work: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}

async function searchOnce(native: Native, call: SearchCall): Promise<void> {
  const code = await native.searchAsync(call);
  if (code === 0) return;
  native.search(call); // FAISS keeps its words for the thread that failed: fail here, too
  throw new AnnError(`faiss: a search failed with code ${code}, and succeeded when it was done again`);
}

/** The next smaller float32. */
function floatBelow(value: number): number {
  const float = new Float32Array([value]);
  if (float[0]! < value) return float[0]!;
  const bits = new Int32Array(float.buffer);
  if (float[0] === 0) return -1.401298464324817e-45;
  bits[0]! += float[0]! > 0 ? -1 : 1;
  return float[0]!;
}
