import type { Logger } from "../../kit/log.ts";
import type { Inference, InferenceOptions, OpenInference } from "./inference.ts";
import { type RestartPolicy, standardPolicy } from "./restart-policy.ts";
import { WorkerPool } from "./worker-pool.ts";
import { ownRuntime } from "./worker-process.ts";

export interface WorkerOptions {
  /** Processes for one model version (ENCODER_PROCESSES). Default 1. */
  replicas?: number;
  /** Levels of priority that the processes stand behind this one (ENCODER_INFERENCE_NICE). Default 0. */
  nice?: number;
  /** Time to start a process and open the graphs, ms. Default 60,000. */
  startMs?: number;
  /** A run that takes longer counts as hung: its process is killed, ms. Default 30,000. */
  runMs?: number;
  /** A process that holds more memory is replaced between runs, bytes. Default: no limit. */
  maxRssBytes?: number;
  /** When a lost process is started again. */
  policy?: RestartPolicy;
  /** Runtime and its arguments. Default: the one that runs this. */
  command?: readonly string[];
  log?: Pick<Logger, "info" | "warn">;
}

const silent = { info: () => {}, warn: () => {} };

/** As openWorker, with other options. */
export function workersWith({
  replicas = 1,
  nice = 0,
  startMs = 60_000,
  runMs = 30_000,
  maxRssBytes = Number.POSITIVE_INFINITY,
  policy = standardPolicy,
  command = ownRuntime(),
  log = silent,
}: WorkerOptions = {}): OpenInference {
  return (files: Record<string, string>, options: InferenceOptions): Promise<Inference> =>
    WorkerPool.open(files, options, { replicas, nice, startMs, runMs, maxRssBytes, policy, command, log });
}

/**
 * Run the graphs of one model version in a process of its own. It is started again when it is lost; a run that was under
 * way then is done once more, and fails with InferenceLostError only if that is lost as well. Feeds must not change
 * until the run is answered.
 * @throws CannotOpenError when the graphs cannot be opened; InferenceLostError when the process does not come up.
 */
export const openWorker: OpenInference = workersWith();
