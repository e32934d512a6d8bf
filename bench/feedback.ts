import { join } from "node:path";
import postgres from "postgres";
import { ensureSecrets } from "../cli/state/secrets.ts";
import { databaseUrl } from "../cli/up/parts/postgres.ts";
import { startMesh } from "../test/support/mesh.ts";
import type { EventLoad, EventLoadSummary } from "./feedback/client.ts";
import { rawCommits } from "./feedback/raw.ts";
import { measuredLoad } from "./support/load.ts";
import { readOptions } from "./support/options.ts";
import { report } from "./support/results.ts";

// Events that Feedback acknowledges in a second, each after a commit that waited for the disk: through Envoy's mesh listener
// (mutual TLS, Connect, binary), the client, Envoy, Feedback and PostgreSQL on the same processors; beside what PostgreSQL
// commits of the same rows when nothing stands before it, one row a commit.

const { quick, seed, say } = readOptions();
const seconds = quick ? 3 : 10;
const mesh = await startMesh({ env: { LOG_LEVEL: "warn" } });
const ratios: Record<string, number> = {};
const figures: Record<string, unknown> = {};
try {
  const parts = ["feedback", "envoy", "fusion", "postgres"] as const;
  const pids = Object.fromEntries(
    await Promise.all(parts.map(async (name) => [name, await mesh.pidOf(name)] as const)),
  );
  const database = databaseUrl(mesh.ports.postgres!, ensureSecrets(join(mesh.home, "secrets.json")));
  const raw: Record<string, number> = {};
  for (const connections of [1, 8]) {
    const rate = await rawCommits(database, connections, quick ? 2 : 5);
    raw[`${connections} connections`] = rate;
    say(`${`PostgreSQL alone, one row a commit, ${connections} connections`.padEnd(60)}${rate.toFixed(0)} events/s`);
  }
  figures["raw commits of one row a second"] = raw;
  const loads = { "single calls": [64, 1], "calls of 10": [32, 10], "calls of 100": [8, 100], stream: [4, 0] } as const;
  const client = new URL("feedback/client.ts", import.meta.url);
  const common = { url: mesh.addresses.mesh!, tls: mesh.identity("fusion"), seconds };
  for (const [name, [callers, batch]] of Object.entries(loads)) {
    const load: EventLoad = { ...common, name: `b${seed}-${name}`, callers, batch };
    const { summary, cpu } = await measuredLoad<EventLoadSummary, string>(client, load, pids);
    const eventsPerSecond = summary.acknowledged / summary.seconds;
    const micros = (seconds: number, events: number) => (seconds / events) * 1e6;
    const cpuMicrosAnEvent: Record<string, number> = { client: micros(summary.cpuSeconds, summary.acknowledged) };
    for (const [part, seconds] of Object.entries(cpu)) {
      cpuMicrosAnEvent[part] = micros(seconds, summary.acknowledged + summary.before);
    }
    figures[name] = { callers, ...summary, eventsPerSecond, cpuMicrosAnEvent };
    ratios[`${name.replaceAll(" ", "_")}_over_raw_commits`] = eventsPerSecond / Math.max(...Object.values(raw));
    say(`${`${name}, ${callers} callers`.padEnd(60)}${eventsPerSecond.toFixed(0)} events/s`);
    const spent = Object.entries(cpuMicrosAnEvent).map(([part, cpu]) => `${part} ${cpu.toFixed(0)}`);
    say(`  processor, µs an event: ${spent.join(", ")}`);
  }
  figures.learned = await untilLearned(database);
} finally {
  await mesh.stop();
}
await report({ name: quick ? "feedback-quick" : "feedback", ratios, figures, seed }, say);

/** How long the learner needs for what is left, and how many entries that is. */
async function untilLearned(url: string): Promise<{ entriesLeft: number; seconds: number }> {
  const sql = postgres(url, { max: 1 });
  const behind = async () => {
    const [row] = await sql<{ lag: string }[]>`
      select last_seq - learned_seq as lag from feedback.learner cross join feedback.log_position`;
    return Number(row!.lag);
  };
  try {
    const began = performance.now();
    const entriesLeft = await behind();
    while ((await behind()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
    return { entriesLeft, seconds: (performance.now() - began) / 1000 };
  } finally {
    await sql.end({ timeout: 1 });
  }
}
