/** One line of Prometheus' text format. */
interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** What a process told of itself at one moment, in Prometheus' text format (version 0.0.4). */
export class Metrics {
  readonly #samples: readonly Sample[];

  constructor(text: string) {
    this.#samples = text.split("\n").flatMap((line) => sampleOf(line) ?? []);
  }

  /** @throws Error unless it is answered with 200 */
  static async read(url: string): Promise<Metrics> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`expected metrics from ${url}, got ${answer.status}`);
    return new Metrics(await answer.text());
  }

  /** The sum of all series of a name that have these labels; 0 of none. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return this.#found(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** The same for each value of one label. */
  sumBy(label: string, name: string, labels: Record<string, string> = {}): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const sample of this.#found(name, labels)) {
      const key = sample.labels[label] ?? "";
      sums[key] = (sums[key] ?? 0) + sample.value;
    }
    return sums;
  }

  /** The value of the one series of a name that has these labels. @throws Error unless there is exactly one */
  only(name: string, labels: Record<string, string> = {}): number {
    const [first, ...others] = this.#found(name, labels);
    if (first && others.length === 0) return first.value;
    throw new Error(`expected one ${name} with ${JSON.stringify(labels)}, got ${first ? others.length + 1 : 0}`);
  }

  #found(name: string, labels: Record<string, string>): Sample[] {
    const wanted = Object.entries(labels);
    return this.#samples.filter(
      (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
    );
  }
}

/** Undefined of comments and empty lines. */
function sampleOf(line: string): Sample | undefined {
  const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) return undefined;
  const pairs = [...labels.matchAll(LABEL)].map(([, label = "", text = ""]) => [label, unescaped(text)] as const);
  return { name, labels: Object.fromEntries(pairs), value: Number(value) };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => (letter === "n" ? "\n" : letter));
}
