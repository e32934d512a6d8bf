import type { CommandIo } from "../command.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/** Progress on a terminal: a line for every step that is done, and on a TTY one moving line for those that run. */
export class Screen {
  readonly #out: CommandIo["stdout"];
  readonly #running = new Set<string>();
  #stepsEnded = false;
  #timer: NodeJS.Timeout | undefined;
  #frame = 0;

  constructor(out: CommandIo["stdout"]) {
    this.#out = out;
    out.on("error", () => {}); // the terminal is gone: the mesh is not
  }

  /** Runs a step; its line comes when it is done, with the time it took. */
  async step<T>(label: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const took = () => `${Math.round(performance.now() - started).toLocaleString("en")} ms`;
    this.#begin(label);
    try {
      const result = await work();
      this.#end(label);
      if (!this.#stepsEnded) this.line(`  ✓ ${label.padEnd(44)} ${took().padStart(9)}`);
      return result;
    } catch (error) {
      this.#end(label);
      if (!this.#stepsEnded) this.line(`  ✗ ${label.padEnd(44)} ${took().padStart(9)}`);
      throw error;
    }
  }

  /** Prints text, above the moving line if there is one. */
  line(text: string): void {
    this.#clear();
    this.#out.write(`${text}\n`);
    this.#draw();
  }

  /** Steps that still run are of no interest any more. */
  endSteps(): void {
    this.#stepsEnded = true;
    for (const label of [...this.#running]) this.#end(label);
  }

  #begin(label: string): void {
    this.#running.add(label);
    if (!this.#out.isTTY || this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      this.#frame += 1;
      this.#clear();
      this.#draw();
    }, 100);
  }

  #end(label: string): void {
    this.#clear();
    this.#running.delete(label);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #clear(): void {
    if (this.#timer !== undefined) this.#out.write("\r\x1b[K");
  }

  #draw(): void {
    if (this.#timer === undefined) return;
    const text = `  ${FRAMES[this.#frame % FRAMES.length]} ${[...this.#running].join(", ")}`;
    this.#out.write(text.slice(0, (this.#out.columns ?? 80) - 1));
  }
}
