import process from "node:process";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { type IdentityFiles, readIdentity } from "../../test/support/identity.ts";
import { type CallTimes, keepAsking } from "../support/load.ts";
import { timed } from "../support/processor-time.ts";
import { argumentOf } from "../support/script.ts";

// Callers in a process of its own that wait for their answers: calls of `batch` events, or streams. Its summary as one line of
// JSON. Every event is a new one; only what was acknowledged counts.

/** What the client is told, as JSON in its only argument. */
export interface EventLoad {
  /** Part of every event id: one of its own for each load. */
  name: string;
  url: string;
  tls: IdentityFiles;
  /** At a time. */
  callers: number;
  seconds: number;
  /** Events of a call; 0: a stream a caller. */
  batch: number;
}

/** Times are those of calls: a stream has none. */
export interface EventLoadSummary extends Partial<CallTimes> {
  /** Events while the clock ran, and before it did: servers worked for both. */
  acknowledged: number;
  before: number;
  seconds: number;
  /** Processor time of the callers' process while the clock ran. */
  cpuSeconds: number;
}

const load = argumentOf<EventLoad>();
const client = meshClient(FeedbackService, { baseUrl: load.url, tls: readIdentity(load.tls), timeoutMs: 60_000 });
let [serial, acknowledged] = [0, 0];
const event = () => {
  const n = serial++;
  return {
    eventId: `${load.name}-${n}`,
    userId: `person-${n % 1000}`,
    itemId: `item-${(n * 7) % 5000}`,
    action: [Action.LIKE, Action.SKIP, Action.WEAR][n % 3]!,
  };
};
const call = async (events: number) => {
  const { recorded } = await client.recordEvents({ events: Array.from({ length: events }, event) });
  acknowledged += recorded;
};

/** Events of a stream that are not answered yet, at most: what is only sent counts for nothing. */
const AHEAD = 1000;

async function stream(until: number): Promise<void> {
  let ahead = 0;
  let wake = () => {};
  async function* requests() {
    while (performance.now() < until) {
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

/** Streams at a time; what they took, seconds. */
async function streams(): Promise<Pick<EventLoadSummary, "seconds">> {
  const began = performance.now();
  await Promise.all(Array.from({ length: load.callers }, () => stream(began + load.seconds * 1000)));
  return { seconds: (performance.now() - began) / 1000 };
}

// The connection is made and code is compiled before the clock starts.
for (let n = 0; n < 20; n++) await call(Math.max(1, load.batch));
const before = acknowledged;
const callers = Array.from({ length: load.callers }, () => () => call(load.batch));
const ask = (): Promise<Pick<EventLoadSummary, "seconds">> =>
  load.batch === 0 ? streams() : keepAsking(callers, load.seconds);
const { value: times, cpu: cpuSeconds } = await timed(ask);
const summary: EventLoadSummary = { ...times, acknowledged: acknowledged - before, before, cpuSeconds };
console.log(JSON.stringify(summary));
process.exit();
