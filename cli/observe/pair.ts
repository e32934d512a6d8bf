import { join } from "node:path";
import { CommandError } from "../command.ts";
import { writeJson } from "../state/json-file.ts";
import type { RecordedProcess } from "../state/leftovers.ts";
import { type ChildSpec, describeExit, RunningChild } from "../up/child.ts";
import { type Guardian, startGuardian } from "../up/guardian.ts";
import { LogFile } from "../up/log-file.ts";

interface Started {
  child: RunningChild;
  log: LogFile;
}

/** Prometheus and Alertmanager: neither is restarted, the end of one is the end of both. */
export class Pair {
  readonly #logs: string;
  readonly #processes: string;
  readonly #guardian: Guardian = startGuardian();
  readonly #started: Started[] = [];

  /** @param logs Folder of the logs: exists. @param processes Where those that run are written down. */
  constructor(logs: string, processes: string) {
    this.#logs = logs;
    this.#processes = processes;
  }

  /** Starts one and waits until it is ready. @throws CommandError if it ends before that, or takes too long. */
  async start(spec: ChildSpec, signal: AbortSignal): Promise<void> {
    const log = new LogFile(join(this.#logs, `${spec.name}.log`));
    const child = new RunningChild(spec, log);
    this.#started.push({ child, log });
    this.#record();
    const outcome = await Promise.race([
      spec.ready(signal).then(
        () => "ready",
        () => "was not ready in time",
      ),
      child.exited.then(describeExit),
    ]);
    if (outcome !== "ready") throw new CommandError(this.#explain(spec.name, outcome, log));
  }

  /** Resolves when one has ended by itself, with what to say about it. */
  async end(): Promise<string> {
    return Promise.race(
      this.#started.map(async ({ child, log }) =>
        this.#explain(child.spec.name, describeExit(await child.exited), log),
      ),
    );
  }

  /** Stops both, the one that was started last first. */
  async stop(): Promise<void> {
    for (const { child, log } of this.#started.splice(0).reverse()) {
      await child.stop();
      log.close();
    }
    this.#record();
    this.#guardian.end();
  }

  /** Ends both at once. */
  kill(): void {
    for (const { child } of this.#started) child.kill();
  }

  #record(): void {
    const running: RecordedProcess[] = this.#started.flatMap(({ child: { identity, spec } }) =>
      identity === undefined ? [] : [{ ...identity, name: spec.name, stopSignal: "SIGTERM" as const }],
    );
    writeJson(this.#processes, running);
    this.#guardian.watch(running);
  }

  #explain(name: string, outcome: string, log: LogFile): string {
    const said = log.tail().slice(-5).join("\n    ");
    return `${name} ${outcome}${said === "" ? "" : `\n    ${said}`}\n  its log: ${log.path}`;
  }
}
