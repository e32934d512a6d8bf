import { writeJson } from "../state/json-file.ts";
import type { MeshEvent, MeshStatus } from "../state/status.ts";

const KEPT_EVENTS = 50;

/** The content of status.json, written at every change. */
export class StatusBoard {
  readonly #file: string;
  #status: MeshStatus;

  constructor(file: string, initial: MeshStatus) {
    this.#file = file;
    this.#status = initial;
    this.update({});
  }

  get status(): MeshStatus {
    return this.#status;
  }

  update(change: Partial<MeshStatus>): void {
    this.#status = { ...this.#status, ...change };
    writeJson(this.#file, this.#status);
  }

  add(event: Omit<MeshEvent, "time">): void {
    const events = [...this.#status.events, { time: new Date().toISOString(), ...event }];
    this.update({ events: events.slice(-KEPT_EVENTS) });
  }
}
