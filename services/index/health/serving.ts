import type { HealthRegistry } from "../../kit/health.ts";
import type { Logger } from "../../kit/log.ts";
import type { ServingGate } from "./serving-gate.ts";

export interface ServingOptions {
  health: Pick<HealthRegistry, "set">;
  /** Full name of the service whose gRPC health this is. */
  service: string;
  gate: ServingGate;
  /** The score that decides, and its worst part in words. */
  judge(): { score: number; worst: string };
  log: Pick<Logger, "info" | "warn">;
  nowMs: () => number;
}

/** Lets a service's gRPC health follow a score. Call `look` again and again. */
export class Serving {
  readonly #options: ServingOptions;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  look(): void {
    const { health, service, gate, judge, log, nowMs } = this.#options;
    const before = gate.serving;
    const { score, worst } = judge();
    const serving = gate.update(score, nowMs());
    if (serving === before) return;
    const rounded = score.toFixed(2);
    if (serving) {
      health.set(service, "SERVING");
      log.info({ event: "health_recovered", score }, `serving again: the health score is ${rounded}`);
    } else {
      const reason = `the health score is ${rounded}, mostly because of ${worst}`;
      health.set(service, "NOT_SERVING", reason);
      log.warn({ event: "health_lost", score, worst }, reason);
    }
  }
}
