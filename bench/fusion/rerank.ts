import { startServer } from "../../test/support/server-process.ts";
import { measuredLoad } from "../support/load.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { Metrics } from "../support/prometheus.ts";
import { median } from "../support/statistics.ts";
import type { RerankLoad, RerankLoadSummary } from "./rerank-client.ts";
import { perCall, totalsOf } from "./stages.ts";
import { startWorld } from "./world.ts";

// Processor time of Fusion's process for a Rerank of 100 candidates by three models for one person who is known, its record
// in Feedback's log included, over that of an echo of the same size by a service of the kit that does nothing. Both are asked
// directly, with mutual TLS as Envoy asks them, by turns in one run, after calls enough for the compilers of both, and equally often: half as
// often as Fusion can answer. The fewer calls come in a second the more a call costs, any call, because more often a process is
// woken for one alone. With callers that wait, an echo, which waits for nothing, would answer ten times as many; that is measured as well.

/** Metarank's published times of its own re-ranking: p50 and p99 of 100 and of 300 candidates. For reading beside ours. */
const METARANK_MS = { "100": { p50: 7.2, p99: 9.8 }, "300": { p50: 19.9, p99: 23.6 } };

/** Callers at a time: what they do not compute they wait for, as each list is recorded before it is answered. */
const CALLERS = 8;
/** Of each caller, before its clock starts. */
const FIRST_CALLS = 20;

const { quick, seed } = measureOptions();
const world = await startWorld(300, seed);
const { cert, key, ca } = world.mesh.identity("fusion");
const env = { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CA_FILE: ca };
const echo = await startServer(new URL("echo-server.ts", import.meta.url), { env });
const sides = { fusion: { url: world.fusionUrl, pid: world.fusionPid }, echo };
type Turn = Record<keyof typeof sides, number>;
const turns: Turn[] = [];
const waiting: Turn[] = [];
const times: Record<string, unknown> = {};
try {
  const load: RerankLoad = {
    ...{ tls: world.tls, clients: CALLERS, firstCalls: FIRST_CALLS, seconds: quick ? 3 : 6, seed },
    ...{ url: world.fusionUrl, userId: world.userId, itemIds: world.itemIds.slice(0, 100) },
  };
  const warmUp = { ...load, seconds: 15 };
  const { summary } = await measured("fusion", warmUp);
  await measured("echo", warmUp);
  const perSecond = summary.calls / summary.seconds / 2;
  times.callsPerSecond = perSecond;
  for (let turn = 0; turn < (quick ? 3 : 6); turn++) {
    turns.push(await besideEcho({ ...load, perSecond }));
    waiting.push(await besideEcho(load));
  }
  for (const count of [100, 300]) {
    const alone = { ...load, clients: 1, itemIds: world.itemIds.slice(0, count) };
    const before = await totals();
    const { summary } = await measured("fusion", alone);
    const { calls, meanMs, p50Ms, p99Ms } = summary;
    const spent = perCall(before, await totals(), allCalls(calls, alone));
    times[`${count} candidates, one caller`] = { meanMs, p50Ms, p99Ms, ...spent, sum: sumOf(meanMs, spent.stagesMs) };
  }
} finally {
  await echo.end("SIGKILL");
  await world.mesh.stop();
}
answer({
  ratios: { rerank_over_echo_cpu: overEcho(turns), rerank_over_echo_cpu_callers_that_wait: overEcho(waiting) },
  figures: {
    ...cpuMicros(turns),
    callersThatWait: { ...cpuMicros(waiting), turns: waiting },
    turns,
    ...times,
    metarankPublishedMs: METARANK_MS,
    seed,
  },
});

/** Processor time of a call on both sides under one load, microseconds. */
async function besideEcho(load: RerankLoad): Promise<Turn> {
  const fusion = await measured("fusion", load);
  const echo = await measured("echo", load);
  const { policy, degraded, items } = fusion.summary;
  if (policy !== "adaptive" || degraded.length > 0 || items !== 100) {
    throw new Error(`expected 100 items ranked by adaptive, got ${items} by ${policy}, without ${degraded.join()}`);
  }
  return { fusion: fusion.cpuMicros, echo: echo.cpuMicros };
}

function overEcho(turns: readonly Turn[]): number {
  return median(turns.map(({ fusion, echo }) => fusion / echo));
}

function cpuMicros(turns: readonly Turn[]) {
  return {
    fusionCpuMicros: median(turns.map(({ fusion }) => fusion)),
    echoCpuMicros: median(turns.map(({ echo }) => echo)),
  };
}

/** How the mean time of a call is made up: stages that follow one another, what is between them, and what is around. */
function sumOf(meanMs: number, { rerank = 0, ...parts }: Record<string, number>) {
  const stages = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  return { stages, betweenStages: rerank - stages, transportAndClient: meanMs - rerank, call: meanMs };
}

/** One load on a side, and what processor time its process took for a call of it, in microseconds. */
async function measured(side: keyof typeof sides, load: RerankLoad) {
  const { url, pid } = sides[side];
  const client = new URL("rerank-client.ts", import.meta.url);
  const { summary, cpu } = await measuredLoad<RerankLoadSummary, "server">(client, { ...load, url }, { server: pid });
  return { summary, cpuMicros: (cpu.server / allCalls(summary.calls, load)) * 1e6 };
}

/** The client's first calls and its last one are not in its times, but in the server's. */
function allCalls(timed: number, { clients, firstCalls }: RerankLoad): number {
  return timed + clients * firstCalls + 1;
}

async function totals() {
  return totalsOf(await Metrics.read(world.metricsUrl));
}
