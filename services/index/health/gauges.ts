import { Gauge, type Registry } from "prom-client";

type Label = "index" | "part" | "engine" | "factory";
type Labels = Partial<Record<Label, string>>;

/** Adds a gauge that is read when it is scraped: `read` gives its series, those that it no longer gives are gone. */
export type AddGauge = (name: string, help: string, labels: Label[], read: () => Iterable<[Labels, number]>) => void;

export function gaugesOf(registry: Registry): AddGauge {
  return (name, help, labelNames, read) => {
    new Gauge({
      ...{ name, help, labelNames, registers: [registry] },
      collect() {
        this.reset();
        if (labelNames.length === 0) this.remove();
        for (const [labels, value] of read()) this.set(labels, value);
      },
    });
  };
}
