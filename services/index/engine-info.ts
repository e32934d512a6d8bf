import { Gauge, type Registry } from "prom-client";
import type { ChosenEngine } from "./choose-engine.ts";

/** Says in metrics what graphs are built with. */
export function addEngineInfo(registry: Registry, { name, version, source }: ChosenEngine): void {
  const info = new Gauge({
    name: "index_engine_info",
    help: "1; what graphs are built with: flat is none",
    labelNames: ["engine", "version", "source"],
    registers: [registry],
  });
  info.set({ engine: name, version, source }, 1);
}
