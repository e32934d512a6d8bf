import process from "node:process";
import { fileURLToPath } from "node:url";
import { runChild } from "../../test/support/child.ts";
import { startMesh, type TestMesh } from "../../test/support/mesh.ts";
import { freePort } from "../../test/support/ports.ts";
import type { LoadJob } from "./client.ts";
import { added, type Counters, readCounters } from "./counters.ts";
import type { LoadSummary } from "./load.ts";

/** A script of this folder in a process of its own; @returns the JSON of its last line. */
export async function runScript<T>(script: string, argument: object): Promise<T> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const written = await runChild(process.execPath, [file, JSON.stringify(argument)]);
  return JSON.parse(written.trim().split("\n").at(-1) ?? "") as T;
}

/** What a load was answered, and what the Encoder did for it. */
export interface Served extends LoadSummary {
  did: Counters;
}

/** A mesh that serves the models of a folder. */
export class ServedModels {
  readonly #mesh: TestMesh;
  readonly #metricsUrl: string;
  readonly #models: string[];
  readonly #seed: number;
  #loads = 0;

  static async start(modelDir: string, models: string[], seed: number): Promise<ServedModels> {
    const port = String(await freePort());
    const mesh = await startMesh({ env: { MODEL_DIR: modelDir, ENCODER_METRICS_PORT: port } });
    return new ServedModels(mesh, `http://127.0.0.1:${port}/metrics`, models, seed);
  }

  private constructor(mesh: TestMesh, metricsUrl: string, models: string[], seed: number) {
    this.#models = models;
    this.#mesh = mesh;
    this.#metricsUrl = metricsUrl;
    this.#seed = seed;
  }

  /** One load through Envoy, from a process of its own. */
  async load(
    load: LoadJob["load"],
    { seconds, timeoutMs, side }: Pick<LoadJob, "seconds" | "timeoutMs" | "side">,
  ): Promise<Served> {
    const { edgeUrl, caFile } = this.#mesh;
    const name = `load ${this.#seed} ${this.#loads++}`;
    const before = await this.#counters();
    const job: LoadJob = {
      edgeUrl,
      caFile,
      name,
      seconds,
      seed: this.#seed,
      timeoutMs,
      load,
      models: this.#models,
      side,
    };
    const summary = await runScript<LoadSummary>("client.ts", job);
    return { ...summary, did: added(before, await this.#counters()) };
  }

  status() {
    return this.#mesh.status();
  }

  async stop(): Promise<void> {
    await this.#mesh.stop();
  }

  async #counters(): Promise<Counters> {
    return readCounters(await (await fetch(this.#metricsUrl)).text());
  }
}
