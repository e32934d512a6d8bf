import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { TuneRequest, TuneResponseSchema, TuneTrialSchema } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { failedPrecondition, invalidArgument } from "../../kit/errors.ts";
import { AnnError } from "../ann/ann.ts";
import type { ChosenEngine } from "../choose-engine.ts";
import { chooseItems } from "../choose-items.ts";
import { ticking } from "../operate/ticking.ts";
import { requireIndex } from "../search/query.ts";
import type { ItemStore, ModelIndex } from "../store.ts";
import type { Trial } from "../vectors/trial.ts";
import type { VectorIndex } from "../vectors/vector-index.ts";
import { candidateFactories, paramsToTry } from "./candidates.ts";
import { measure, others, type TuneQuery } from "./measure.ts";
import { type Measured, propose } from "./propose.ts";

/** Fewer vectors are compared one by one in less time than a graph needs. */
const LEAST = 1000;
const TARGET = 0.99;
const QUERIES = 200;
const NEIGHBOURS = 10;
/** Time between two messages about how far it is. */
const REPORT_MS = 250;

type Message = MessageInitShape<typeof TuneResponseSchema>;

/** Answers Tune; one at a time. */
export function createTune(store: ItemStore, engine: ChosenEngine, nowMs: () => number = () => performance.now()) {
  let running = false;
  return async function* (
    request: TuneRequest,
    { signal }: Pick<HandlerContext, "signal">,
  ): AsyncGenerator<Message, void> {
    const index = requireIndex(store, request.index);
    const { vectors } = index;
    if (!engine.engine) throw failedPrecondition(`there is no graph engine: ${engine.reason}`);
    if (!vectors || vectors.count < LEAST) {
      const count = vectors?.count ?? 0;
      throw failedPrecondition(
        `index "${index.name}" holds ${count} vectors: from ${LEAST} on there is something to tune`,
      );
    }
    if (running) throw failedPrecondition("another Tune runs: wait for its end");
    running = true;
    try {
      yield* new Tuning({ index, vectors, engine, request, store, nowMs, signal }).run();
    } finally {
      running = false;
    }
  };
}

interface TuningOptions {
  index: ModelIndex;
  vectors: VectorIndex;
  engine: ChosenEngine;
  request: TuneRequest;
  store: ItemStore;
  nowMs: () => number;
  signal: AbortSignal;
}

class Tuning {
  readonly #options: TuningOptions;
  readonly #target: number;
  readonly #k: number;
  readonly #trials: Measured[] = [];
  #done = 0;
  #total = 0;

  constructor(options: TuningOptions) {
    this.#options = options;
    this.#target = options.request.targetRecall || TARGET;
    this.#k = options.request.k || NEIGHBOURS;
  }

  async *run(): AsyncGenerator<Message, void> {
    const { index, vectors, request, store, signal, engine } = this.#options;
    const { metric } = index;
    const shape = { vectors: vectors.count, dimensions: vectors.dimensions, metric };
    const factories = request.factories.length > 0 ? request.factories : candidateFactories(shape);
    // A graph counts as one, and each of its parameters.
    this.#total = 1 + factories.reduce((sum, one) => sum + 1 + paramsToTry(one, vectors.count).length, 0);
    const ids = await chooseItems(store, index, request.queries || QUERIES, request.seed, signal);
    const queries: TuneQuery[] = [];
    const exactly = ids.flatMap((itemId) => {
      const vector = vectors.vector(itemId);
      return vector ? [{ itemId, vector }] : [];
    });
    yield this.#message(`comparing ${exactly.length} vectors with all ${vectors.count}`);
    const times: number[] = [];
    for (const { itemId, vector } of exactly) {
      const began = this.#options.nowMs();
      const { neighbours } = await vectors.search({ vector, k: this.#k + 1, exact: true, signal });
      times.push(this.#options.nowMs() - began);
      queries.push({ itemId, vector, exact: others(neighbours, itemId, this.#k) });
    }
    times.sort((a, b) => a - b);
    const meanMs = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    const p95Ms = times[Math.ceil(times.length * 0.95) - 1]!;
    const scan = { factory: "", params: {}, recall: 1, recallLow: 1, meanMs, p95Ms, memoryBytes: 0, buildMs: 0 };
    yield this.#measured(scan, 1);
    for (const [at, factory] of factories.entries()) yield* this.#tryGraph(factory, at, queries);
    const { measured, ...proposal } = propose(this.#trials, this.#target, engine.name);
    this.#done = this.#total;
    yield { ...this.#message("done"), proposal: { ...proposal, trial: trialMessage(measured) } };
  }

  async *#tryGraph(factory: string, at: number, queries: readonly TuneQuery[]): AsyncGenerator<Message, void> {
    const { vectors, nowMs, signal, request } = this.#options;
    const began = nowMs();
    let rows = { done: 0, total: vectors.count };
    const onProgress = (done: number, total: number) => {
      rows = { done, total };
    };
    yield this.#message(`building ${factory}`);
    const building = vectors.tryGraph(factory, { signal, onProgress });
    try {
      for await (const _ of ticking(building, REPORT_MS, signal)) {
        yield this.#message(`building ${factory}: ${rows.done} of ${rows.total} vectors`);
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AnnError)) throw error;
      if (request.factories.length > 0) throw invalidArgument(`factories[${at}]`, error.message);
      this.#done += 1 + paramsToTry(factory, vectors.count).length;
      yield this.#message(`${factory} cannot be built of these vectors: ${error.message}`);
      return;
    } finally {
      // Whoever left while it was built must not leave the graph behind.
      if (signal.aborted) await building.then((one) => one.close()).catch(() => {});
    }
    const trial = await building;
    try {
      yield* this.#tryParams(trial, { factory, buildMs: nowMs() - began, memoryBytes: trial.memoryBytes }, queries);
    } finally {
      await trial.close();
    }
  }

  /** From fast to thorough; what comes behind the first that finds enough is only slower. */
  async *#tryParams(
    trial: Trial,
    graph: Pick<Measured, "factory" | "buildMs" | "memoryBytes">,
    queries: readonly TuneQuery[],
  ): AsyncGenerator<Message, void> {
    const { vectors, signal, nowMs } = this.#options;
    const all = paramsToTry(graph.factory, vectors.count);
    this.#done++;
    for (const [at, params] of all.entries()) {
      const search = (vector: Float32Array, k: number) => trial.search(vector, k, params, signal);
      const measured = { ...graph, params, ...(await measure(queries, this.#k, search, nowMs)) };
      const enough = measured.recall >= this.#target;
      yield this.#measured(measured, enough ? all.length - at : 1);
      if (enough) return;
    }
  }

  #measured(measured: Measured, steps: number): Message {
    this.#trials.push(measured);
    this.#done += steps;
    return { ...this.#message(`measured ${measured.factory || "the exact scan"}`), trial: trialMessage(measured) };
  }

  #message(doing: string) {
    return { doing, done: this.#done, total: this.#total };
  }
}

function trialMessage({
  memoryBytes,
  buildMs,
  params,
  ...measured
}: Measured): MessageInitShape<typeof TuneTrialSchema> {
  const { efSearch = 0, nprobe = 0 } = params;
  return {
    ...measured,
    params: { efSearch, nprobe },
    memoryBytes: BigInt(Math.round(memoryBytes)),
    buildMs: BigInt(Math.round(buildMs)),
  };
}
