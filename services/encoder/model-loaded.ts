import { Gauge, type Registry } from "prom-client";
import type { ModelSet } from "./model-set.ts";

/** `model_loaded`: the versions that are to answer, as they are when somebody looks. */
export function modelLoadedMetric(registry: Registry, models: Pick<ModelSet, "all" | "behind">): void {
  new Gauge({
    name: "model_loaded",
    help: "1 when the model version is loaded, 0 when it is broken, or was activated elsewhere and does not come up here",
    labelNames: ["model_name", "model_version"] as const,
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, revision, kind } of models.all) {
        this.set({ model_name: name, model_version: revision }, kind === "loaded" ? 1 : 0);
      }
      for (const { name, revision } of models.behind) this.set({ model_name: name, model_version: revision }, 0);
    },
  });
}
