import process from "node:process";
import { startMesh, type TestMesh } from "../../test/support/mesh.ts";
import { freePort } from "../../test/support/ports.ts";
import { descendantsOf } from "../support/processor-time.ts";
import { Metrics } from "../support/prometheus.ts";
import { runForJson } from "../support/script.ts";
import type { LoadJob } from "./client.ts";
import { type Cores, pin } from "./cores.ts";
import { added, type Counters, countersOf } from "./counters.ts";
import type { LoadSummary } from "./load.ts";

/** A script of this folder on these processors; @returns the JSON of its last line. */
export function runOn<T>(
  cores: string | undefined,
  script: string,
  argument: object,
  flags: readonly string[] = [],
): Promise<T> {
  const before = cores === undefined ? [] : ["taskset", "-c", cores];
  return runForJson<T>(new URL(script, import.meta.url), argument, before, flags);
}

/** Room for what the client of a whole load leaves behind: it shares a processor with Envoy and the front, and would take it to collect. */
const CLIENT_FLAGS = ["--min-semi-space-size=128", "--max-semi-space-size=128"];

/** What a load was answered, and what the Encoder did for it. */
export interface Served extends LoadSummary {
  did: Counters;
}

/** What has the measured processors: the processes that run the models, or the whole Encoder. */
export type Placed = "inference" | "encoder";

/** A load as {@link LoadJob}; what every load of a mesh has in common is added. */
export type Load = Pick<LoadJob, "seconds" | "timeoutMs" | "side" | "load" | "priority">;

export interface ServedOptions {
  modelDir: string;
  /** Which are asked; none: all. */
  models: string[];
  seed: number;
  /** Undefined: everything runs wherever the system has it run. */
  cores: Cores | undefined;
}

/** A mesh that serves the models of a folder. */
export class ServedModels {
  readonly #mesh: TestMesh;
  readonly #metricsUrl: string;
  readonly #options: ServedOptions;
  #loads = 0;

  static async start(options: ServedOptions): Promise<ServedModels> {
    const { cores } = options;
    const port = String(await freePort());
    // Born where they will compute, models get as many threads as there are processors.
    if (cores) pin(process.pid, cores.measured);
    try {
      const env = { MODEL_DIR: options.modelDir, ENCODER_METRICS_PORT: port };
      return new ServedModels(await startMesh({ env }), `http://127.0.0.1:${port}/metrics`, options);
    } finally {
      if (cores) pin(process.pid, cores.all);
    }
  }

  private constructor(mesh: TestMesh, metricsUrl: string, options: ServedOptions) {
    this.#mesh = mesh;
    this.#metricsUrl = metricsUrl;
    this.#options = options;
  }

  /** Give the measured processors to those, and the others to all other processes of the mesh. */
  async place(placed: Placed): Promise<void> {
    const { cores } = this.#options;
    if (!cores) return;
    const { launcher } = await this.#mesh.status();
    const encoder = await this.#mesh.pidOf("encoder");
    const inference = descendantsOf(encoder);
    const measured = new Set(placed === "encoder" ? [encoder, ...inference] : inference);
    for (const pid of [launcher.pid, ...descendantsOf(launcher.pid)]) {
      pin(pid, measured.has(pid) ? cores.measured : cores.others);
    }
  }

  /** One load through Envoy, from a process of its own. */
  async load(load: Load): Promise<Served> {
    const [served] = await this.loads(load);
    if (!served) throw new Error("expected a measurement");
    return served;
  }

  /** Several at the same time; what the Encoder did for all of them is told with each. */
  async loads(...loads: Load[]): Promise<Served[]> {
    const { edgeUrl, caFile } = this.#mesh;
    const { seed, models, cores } = this.#options;
    const before = await this.#counters();
    const summaries = await Promise.all(
      loads.map((load) => {
        const job: LoadJob = { edgeUrl, caFile, name: `load ${seed} ${this.#loads++}`, seed, models, ...load };
        return runOn<LoadSummary>(cores?.others, "client.ts", job, CLIENT_FLAGS);
      }),
    );
    const did = added(before, await this.#counters());
    return summaries.map((summary) => ({ ...summary, did }));
  }

  async stop(): Promise<void> {
    await this.#mesh.stop();
  }

  async #counters(): Promise<Counters> {
    return countersOf(await Metrics.read(this.#metricsUrl));
  }
}
