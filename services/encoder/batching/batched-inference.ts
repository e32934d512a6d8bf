import type { GraphSignature, Inference, RunCall } from "../inference/inference.ts";
import { Batcher, type BatcherOptions } from "./batcher.ts";
import { type Clock, monotonicClock } from "./clock.ts";
import type { Priority } from "./job.ts";
import { cut, rowsOf, shapeKey, split, stack, type Tensors } from "./stacking.ts";
import { Togetherness } from "./togetherness.ts";

export interface BatchedInferenceOptions
  extends Pick<BatcherOptions<Run, Tensors>, "maxDelayMs" | "maxQueued" | "slots" | "maxBulkMs" | "curve" | "watch"> {
  /** Most rows of a batch. Default 32. */
  maxBatch?: number;
  /** Default: the monotonic clock of this process. */
  clock?: Clock;
  /** Milliseconds since the epoch, for the deadlines of calls. Default `Date.now`. */
  epochNow?: () => number;
}

/**
 * The same graphs, with the runs of several callers gathered into one run each. Runs of the same graph, outputs and
 * dimensions (all but the first) are stacked along the first dimension and their outputs cut apart again. A call with
 * more rows counts as that many, and is itself cut where it is larger than a batch. All graphs share one queue, because
 * they share one machine: an interactive text does not wait behind bulk photos.
 *
 * A graph whose first dimension is fixed, or whose runs fail together and succeed alone, is run call by call. A graph
 * that mixes rows (a norm over the batch) cannot be told by looking: it must not be batched.
 *
 * `run` rejects as {@link Batcher.submit} does. `close` finishes what is queued, then closes the inner one.
 */
export function batchedInference(inner: Inference, options: BatchedInferenceOptions = {}): Inference {
  const { maxBatch = 32, clock = monotonicClock, epochNow = Date.now, ...rest } = options;
  const together = new Togetherness(clock);
  /** By graph, of the latest run for somebody who waits. */
  const latest = new Map<string, { shape: string; size: number }>();
  const batcher = new Batcher<Run, Tensors>({
    ...rest,
    clock,
    maxBatch: (shape) => (shape.startsWith(WHOLE) || !together.possible(shape) ? 1 : maxBatch),
    async run(shape, runs, { priority, deadlineMs }) {
      const [first] = runs;
      if (!first) return [];
      const call: RunCall = { priority };
      if (deadlineMs !== Number.POSITIVE_INFINITY) call.deadlineMs = epochNow() + deadlineMs - clock.now();
      const compute = (feeds: Tensors) => inner.run(first.graph, feeds, first.fetches, call);
      if (runs.length === 1) return together.alone(shape, async () => [await compute(first.feeds)]);
      return together.all(shape, async () => {
        const rows = runs.map(({ feeds }) => rowsOf(feeds) ?? 0);
        return split(await compute(stack(runs.map(({ feeds }) => feeds))), rows);
      });
    },
  });

  const deadlineOf = ({ deadlineMs }: RunCall) =>
    deadlineMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + deadlineMs - epochNow();

  function submit(shape: string, run: Run, size: number, call: RunCall): Promise<Tensors> {
    if (priorityOf(call) === "interactive") latest.set(run.graph, { shape, size });
    return batcher.submit({
      input: run,
      shape,
      size,
      deadlineMs: deadlineOf(call),
      priority: priorityOf(call),
      caller: call.caller ?? "",
      signal: call.signal,
    });
  }

  return {
    graphs: inner.graphs,
    provider: inner.provider,
    async run(graph, feeds, fetches, call = {}) {
      const run = { graph, feeds, fetches };
      const shape = `${graph} ${shapeKey(feeds)} → ${fetches.join(",")}`;
      const signature = inner.graphs[graph];
      const rows = rowsOf(feeds);
      if (!signature || rows === undefined || !allowsBatch(signature, Object.keys(feeds), fetches)) {
        return submit(`${WHOLE}${shape} × ${rows}`, run, 1, call);
      }
      if (!together.possible(shape)) return submit(shape, run, 1, call);
      const most = batcher.limit(priorityOf(call), shape);
      if (rows <= most) return submit(shape, run, rows, call);
      return inPieces(feeds, rows, most, call, (piece, size, pieceCall) =>
        submit(shape, { graph, feeds: piece, fetches }, size, pieceCall),
      );
    },
    foresee(graph, call, before) {
      const known = latest.get(graph);
      if (!known) return undefined;
      const { caller = "" } = call;
      const size = known.size * (1 + before);
      return batcher.foresee({ ...known, size, priority: priorityOf(call), caller, deadlineMs: deadlineOf(call) });
    },
    async close() {
      await batcher.close();
      await inner.close();
    },
  };
}

/** Begins the shape of calls that are never stacked. */
const WHOLE = "whole ";

/** One call of a graph, or a piece of one. */
interface Run {
  graph: string;
  feeds: Tensors;
  fetches: readonly string[];
}

function priorityOf({ priority = "interactive" }: RunCall): Priority {
  return priority;
}

/** Whether no tensor that goes in or comes out has a fixed first dimension; unknown ones are tried. */
function allowsBatch({ shapes }: GraphSignature, inputs: readonly string[], outputs: readonly string[]): boolean {
  return [...inputs, ...outputs].every((name) => {
    const shape = shapes?.[name];
    return shape === undefined || (shape.length > 0 && typeof shape[0] !== "number");
  });
}

/** Run a large call in pieces; when one fails the others are not computed any more, as nobody wants half an answer. */
async function inPieces(
  feeds: Tensors,
  rows: number,
  most: number,
  call: RunCall,
  run: (piece: Tensors, size: number, call: RunCall) => Promise<Tensors>,
): Promise<Tensors> {
  const others = new AbortController();
  const signal = call.signal ? AbortSignal.any([call.signal, others.signal]) : others.signal;
  const pieces: Promise<Tensors>[] = [];
  for (let from = 0; from < rows; from += most) {
    const to = Math.min(rows, from + most);
    const piece = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, cut(tensor, from, to)]));
    pieces.push(run(piece, to - from, { ...call, signal }));
  }
  try {
    return stack(await Promise.all(pieces));
  } catch (error) {
    others.abort(error);
    throw error;
  }
}
