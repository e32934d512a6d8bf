import { argumentOf } from "../../support/script.ts";
import { median } from "../../support/statistics.ts";
import { Clients, type Load, type LoadMeasure } from "./clients.ts";
import { mayYield, setYielding } from "./yielding.ts";

// Servers that run side by side are asked in turns, round after round, so that what else the machine does meets all of them.
// Its last line is the result.

/** What it is told, as JSON in its only argument. */
export interface RoundsTask {
  rounds: number;
  windows: Window[];
  sides: (Omit<Load, "clients"> & { name: string })[];
}

interface Window {
  name: string;
  /** How many, and for how long. */
  clients: number;
  seconds: number;
  /** They leave the processors to the servers that want them. */
  yielding?: boolean;
}

/** By side and window: the medians over all rounds. */
export type RoundsResult = Record<string, Record<string, LoadMeasure & { rounds: number[] }>>;

const { rounds, windows, sides } = argumentOf<RoundsTask>();
const most = Math.max(...windows.map(({ clients }) => clients));
const asking: { name: string; of: Clients }[] = [];
for (const { name, ...side } of sides) asking.push({ name, of: await Clients.start({ ...side, clients: most }) });
const pids = asking.flatMap(({ of }) => of.pids);
const measured: Record<string, Record<string, LoadMeasure[]>> = {};
for (let round = 0; round < rounds; round++) {
  for (const { name: window, clients, seconds, yielding = false } of windows) {
    if (mayYield) setYielding(yielding, pids);
    // Every other round backwards: none is always behind the same one.
    for (const { name, of } of round % 2 === 0 ? asking : asking.toReversed()) {
      const ofSide = measured[name] ?? {};
      ofSide[window] = [...(ofSide[window] ?? []), await of.measure({ clients, seconds })];
      measured[name] = ofSide;
    }
  }
}
await Promise.all(asking.map(({ of }) => of.end()));
const result: RoundsResult = Object.fromEntries(
  Object.entries(measured).map(([name, byWindow]) => [
    name,
    Object.fromEntries(Object.entries(byWindow).map(([window, all]) => [window, middleOf(all)])),
  ]),
);
console.log(JSON.stringify(result));

function middleOf(all: LoadMeasure[]): LoadMeasure & { rounds: number[] } {
  const of = (pick: (one: LoadMeasure) => number) => median(all.map(pick));
  const parts = Object.keys(all[0]!.serverMicros);
  return {
    callsPerSecond: of((one) => one.callsPerSecond),
    p50Ms: of((one) => one.p50Ms),
    p99Ms: of((one) => one.p99Ms),
    clientMicros: of((one) => one.clientMicros),
    serverMicros: Object.fromEntries(parts.map((part) => [part, of((one) => one.serverMicros[part]!)])),
    rounds: all.map((one) => one.callsPerSecond),
  };
}
