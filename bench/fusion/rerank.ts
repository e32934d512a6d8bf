import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "../../test/support/child.ts";
import { answer, measureOptions } from "../index/measure.ts";
import { FIRST_CALLS, measuredRerank, type RerankLoad } from "./rerank-load.ts";
import { median } from "./scripts.ts";
import { perCall, readTotals } from "./stages.ts";
import { startWorld, type World } from "./world.ts";

// Processor time of Fusion's process for a Rerank of 100 candidates by three models for one person who is known, its record
// in Feedback's log included, over that of an echo of the same size by a service of the kit that does nothing. Both are asked
// directly, with mutual TLS as Envoy asks them, by turns in one run, after calls enough for the compilers of both.

/** Metarank's published times of its own re-ranking: p50 and p99 of 100 and of 300 candidates. For reading beside ours. */
const METARANK_MS = { "100": { p50: 7.2, p99: 9.8 }, "300": { p50: 19.9, p99: 23.6 } };

/** Callers at a time: what they do not compute they wait for, as each list is recorded before it is answered. */
const CALLERS = 8;

const { quick, seed } = measureOptions();
const world = await startWorld(300, seed);
const echo = await startEcho(world);
const turns: { fusion: number; echo: number }[] = [];
const times: Record<string, unknown> = {};
try {
  const load: RerankLoad = {
    ...{ tls: world.tls, clients: CALLERS, seconds: quick ? 3 : 6, seed, userId: world.userId },
    ...{ url: world.fusionUrl, itemIds: world.itemIds.slice(0, 100) },
  };
  const echoPid = echo.process.pid ?? 0;
  const warmUp = { ...load, seconds: quick ? 8 : 15 };
  await measuredRerank(warmUp, world.fusionPid);
  await measuredRerank({ ...warmUp, url: urlOf(echo) }, echoPid);
  for (let turn = 0; turn < (quick ? 3 : 6); turn++) {
    const fusion = await measuredRerank(load, world.fusionPid);
    const beside = await measuredRerank({ ...load, url: urlOf(echo) }, echoPid);
    const { policy, degraded, items } = fusion.summary;
    if (policy !== "adaptive" || degraded.length > 0 || items !== 100) {
      throw new Error(`expected 100 items ranked by adaptive, got ${items} by ${policy}, without ${degraded.join()}`);
    }
    turns.push({ fusion: fusion.cpuMicros, echo: beside.cpuMicros });
  }
  for (const count of [100, 300]) {
    const alone = { ...load, clients: 1, itemIds: world.itemIds.slice(0, count) };
    const before = await totals();
    const { summary } = await measuredRerank(alone, world.fusionPid);
    const { calls, meanMs, p50Ms, p99Ms } = summary;
    // The client's first calls are not in its times, but in the server's.
    const spent = perCall(before, await totals(), calls + FIRST_CALLS);
    times[`${count} candidates, one caller`] = { meanMs, p50Ms, p99Ms, ...spent, sum: sumOf(meanMs, spent.stagesMs) };
  }
} finally {
  await echo.end("SIGKILL");
  await world.mesh.stop();
}
answer({
  ratios: { rerank_over_echo_cpu: median(turns.map(({ fusion, echo }) => fusion / echo)) },
  figures: {
    fusionCpuMicros: median(turns.map((turn) => turn.fusion)),
    echoCpuMicros: median(turns.map((turn) => turn.echo)),
    turns,
    ...times,
    metarankPublishedMs: METARANK_MS,
    seed,
  },
});

/** How the mean time of a call is made up: stages that follow one another, what is between them, and what is around. */
function sumOf(meanMs: number, { rerank = 0, ...parts }: Record<string, number>) {
  const stages = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
  return { stages, betweenStages: rerank - stages, transportAndClient: meanMs - rerank, call: meanMs };
}

async function totals() {
  return readTotals(await (await fetch(world.metricsUrl)).text());
}

function startEcho({ serverTls: { cert, key, ca } }: World): Promise<Child> {
  const program = fileURLToPath(new URL("echo-server.ts", import.meta.url));
  const settings = [`TLS_CERT_FILE=${cert}`, `TLS_KEY_FILE=${key}`, `TLS_CA_FILE=${ca}`];
  return startChild("env", [...settings, process.execPath, program], /"event":"serving".*\n/);
}

function urlOf(child: Child): string {
  return /"event":"serving".*"url":"([^"]+)"/.exec(child.output())?.[1] ?? "";
}
