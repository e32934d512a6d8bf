import type { Metric, Registry } from "prom-client";

/** What a metric is called, as for prom-client. */
export interface SeriesOptions {
  name: string;
  help: string;
  labelNames: readonly string[];
  registry: Registry;
}

interface Sample {
  metricName?: string;
  labels: Record<string, string | number>;
  value: number;
}

/**
 * The series of one metric, one for each combination of label values. prom-client looks a series up by its labels at each
 * observation, which costs more than to count; here a caller asks for a series once and keeps it.
 */
abstract class Family<S> {
  readonly name: string;
  readonly help: string;
  readonly aggregator = "sum";
  abstract readonly type: string;
  readonly #labelNames: readonly string[];
  readonly #series = new Map<string, { labels: Record<string, string>; one: S }>();

  constructor({ name, help, labelNames, registry }: SeriesOptions) {
    this.name = name;
    this.help = help;
    this.#labelNames = labelNames;
    registry.registerMetric(this as unknown as Metric);
  }

  /** The series with these values of the labels, in the order of their names; made when it is first asked for. */
  of(...values: string[]): S {
    const key = values.join("\0");
    let found = this.#series.get(key);
    if (!found) {
      const labels = Object.fromEntries(this.#labelNames.map((name, at) => [name, values[at] ?? ""]));
      found = { labels, one: this.make() };
      this.#series.set(key, found);
    }
    return found.one;
  }

  /** As prom-client's registry reads a metric. */
  async get() {
    const values = [...this.#series.values()].flatMap(({ labels, one }) => this.samples(one, labels));
    return { name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values };
  }

  reset(): void {
    this.#series.clear();
  }

  protected abstract make(): S;
  protected abstract samples(one: S, labels: Record<string, string>): Sample[];
}

/** A number that is counted. */
export interface Count {
  value: number;
}

/** Numbers that only grow. */
export class CounterFamily extends Family<Count> {
  readonly type: string = "counter";

  protected make(): Count {
    return { value: 0 };
  }

  protected samples({ value }: Count, labels: Record<string, string>): Sample[] {
    return [{ labels, value }];
  }
}

/** Numbers that also shrink. */
export class GaugeFamily extends CounterFamily {
  override readonly type = "gauge";
}

/** How often values were at most as large as each of some bounds. */
export class Distribution {
  readonly bounds: readonly number[];
  /** By bound; one more for those above all. */
  readonly counts: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > this.bounds[at]!) at += 1;
    this.counts[at]! += 1;
    this.sum += value;
  }
}

/** Histograms with the same bounds, ascending. */
export class HistogramFamily extends Family<Distribution> {
  readonly type = "histogram";
  readonly #bounds: readonly number[];

  constructor(options: SeriesOptions & { buckets: readonly number[] }) {
    super(options);
    this.#bounds = options.buckets;
  }

  protected make(): Distribution {
    return new Distribution(this.#bounds);
  }

  protected samples({ bounds, counts, sum }: Distribution, labels: Record<string, string>): Sample[] {
    let below = 0;
    const buckets = [...bounds, "+Inf"].map((le, at) => {
      below += counts[at]!;
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: below },
    ];
  }
}
