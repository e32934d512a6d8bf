import { readFileSync } from "node:fs";
import process from "node:process";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { quantile } from "../encoder/load.ts";
import type { EventLoad, EventLoadSummary } from "./load.ts";

// Callers in a process of its own that wait for their answers: calls of `batch` events, or streams. Its summary as one line of
// JSON. Every event is a new one; only what was acknowledged counts.

const load = JSON.parse(process.argv[2] ?? "{}") as EventLoad;
const pem = (file: string) => readFileSync(file);
const tls = { cert: pem(load.tls.cert), key: pem(load.tls.key), ca: pem(load.tls.ca) };
const client = meshClient(FeedbackService, { baseUrl: load.url, tls, timeoutMs: 60_000 });
let serial = 0;
const event = () => {
  const n = serial++;
  return {
    eventId: `${load.name}-${n}`,
    userId: `person-${n % 1000}`,
    itemId: `item-${(n * 7) % 5000}`,
    action: [Action.LIKE, Action.SKIP, Action.WEAR][n % 3]!,
  };
};
const times: number[] = [];
let acknowledged = 0;
let startedAt = performance.now();
const elapsed = () => (performance.now() - startedAt) / 1000;

async function calls(): Promise<void> {
  while (elapsed() < load.seconds) {
    const began = performance.now();
    const { recorded } = await client.recordEvents({ events: Array.from({ length: load.batch }, event) });
    acknowledged += recorded;
    times.push(performance.now() - began);
  }
}

/** Events of a stream that are not answered yet, at most: what is only sent counts for nothing. */
const AHEAD = 1000;

async function stream(): Promise<void> {
  let ahead = 0;
  let wake = () => {};
  async function* requests() {
    while (elapsed() < load.seconds) {
      if (ahead < AHEAD) {
        ahead++;
        yield { event: event() };
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  for await (const { recorded } of client.streamEvents(requests())) {
    if (recorded) acknowledged++;
    ahead--;
    wake();
  }
}

// The connection is made and code is compiled before the clock starts.
for (let n = 0; n < 20; n++)
  await client.recordEvents({ events: Array.from({ length: Math.max(1, load.batch) }, event) });
startedAt = performance.now();
const cpuBefore = process.cpuUsage();
await Promise.all(Array.from({ length: load.callers }, () => (load.batch === 0 ? stream() : calls())));
const seconds = elapsed();
const { user, system } = process.cpuUsage(cpuBefore);
const summary: EventLoadSummary = {
  ...{ acknowledged, seconds, calls: times.length, cpuMicros: user + system },
  ...(times.length > 0 && { p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) }),
};
console.log(JSON.stringify(summary));
process.exit();
