import { Counter, type Registry } from "prom-client";
import { HistogramFamily } from "../kit/series.ts";

/** Says how long the parts of an answer take, and what answers had to do without. */
export interface Stages {
  time<T>(stage: string, work: () => Promise<T>): Promise<T>;
  timeSync<T>(stage: string, work: () => T): T;
  /** @param part "feedback", "model:blip", … */
  degraded(part: string): void;
  /** Garments that stopped half way and were removed. */
  swept(count: number): void;
}

export function createStages(registry: Registry): Stages {
  const seconds = new HistogramFamily({
    name: "fusion_stage_duration_seconds",
    help: "Duration of the stages of an answer.",
    labelNames: ["stage"],
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registry,
  });
  const degraded = new Counter({
    name: "fusion_degraded_total",
    help: "Answers that had to leave something out, by what it was.",
    labelNames: ["part"],
    registers: [registry],
  });
  const swept = new Counter({
    name: "fusion_garments_swept_total",
    help: "Garments whose adding or deleting had stopped half way and that were removed.",
    registers: [registry],
  });
  const ended = (stage: string, began: number) => seconds.of(stage).observe((performance.now() - began) / 1000);
  return {
    async time(stage, work) {
      const began = performance.now();
      try {
        return await work();
      } finally {
        ended(stage, began);
      }
    },
    timeSync(stage, work) {
      const began = performance.now();
      try {
        return work();
      } finally {
        ended(stage, began);
      }
    },
    degraded: (part) => degraded.inc({ part }),
    swept: (count) => swept.inc(count),
  };
}
