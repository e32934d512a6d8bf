import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { get } from "../edge/edge.ts";
import { startMesh } from "../support/mesh.ts";

/** What is promised of every answer, whatever hangs behind it. */
const PROMISED_MS = 1000;

const mesh = await startMesh();
t.teardown(() => mesh.stop());

interface Body {
  status: string;
  checks?: Record<string, boolean>;
  services: Record<string, { status: string; reason?: string; ms: number }>;
}

async function ask(path: "/health" | "/ready") {
  const began = performance.now();
  const { status, body } = await get(`${mesh.edgeUrl}${path}`, { ca: Buffer.from(mesh.ca) });
  return { status, ms: performance.now() - began, body: JSON.parse(body.toString()) as Body };
}

/** Asks until an answer is as wanted; every answer on the way has to come in time. */
async function until(path: "/health" | "/ready", wanted: (answer: Awaited<ReturnType<typeof ask>>) => boolean) {
  let slowest = 0;
  for (const end = performance.now() + 20_000; ; await pause(20)) {
    const answer = await ask(path);
    slowest = Math.max(slowest, answer.ms);
    if (wanted(answer)) return { ...answer, slowest };
    if (performance.now() > end) throw new Error(`not as wanted within 20 s: ${JSON.stringify(answer)}`);
  }
}

/** The status may name a process that has just ended. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Kills a process whenever it is back, so that a look sees it away; what this answers lets it come back. */
function keepAway(name: string): () => Promise<void> {
  let killing = true;
  const killer = (async () => {
    for (; killing; await pause(20)) {
      const found = (await mesh.status()).processes.find((process) => process.name === name);
      if (found?.state === "running" && found.pid !== undefined) killIfThere(found.pid);
    }
  })();
  return () => {
    killing = false;
    return killer;
  };
}

t.test("well: every field is there", async (t) => {
  const health = await until("/health", ({ body }) => body.status === "healthy");
  t.equal(health.status, 200);
  t.match(health.body, {
    version: String,
    timestamp: /^\d{4}-\d\d-\d\dT/,
    system: { cpu_percent: Number, memory_percent: Number, disk_percent: Number },
    models: { clip_loaded: true, blip_loaded: true, fashion_loaded: true },
    vector_stores: { clip_index_size: 0, blip_index_size: 0, fashion_index_size: 0 },
  });
  t.same(Object.keys(health.body.services).sort(), [
    ...["encoder", "envoy", "feedback", "fusion", "index", "postgres", "redis", "web"],
  ]);
  t.match(await ask("/ready"), {
    status: 200,
    body: { status: "ready", checks: { models_loaded: true, vector_stores_ready: true, database_connected: true } },
  });
});

for (const name of ["index", "encoder", "feedback"]) {
  t.test(`${name} hangs: both say so within a second, and it is ready again when it goes on`, async (t) => {
    const pid = await mesh.pidOf(name);
    process.kill(pid, "SIGSTOP");
    const ready = await until("/ready", ({ status }) => status === 503);
    t.match(ready.body.services[name], { status: "down", reason: /^no answer (within 700 ms|for)/ });
    const health = await ask("/health");
    t.equal(health.status, name === "feedback" ? 200 : 503, "only what answers cannot do without is a 503");
    t.match(health.body.services[name], { status: "down", reason: /^no answer/ });
    for (const { ms } of [ready, health]) t.ok(ms < PROMISED_MS, `${Math.round(ms)} ms`);
    process.kill(pid, "SIGCONT");
    t.ok((await until("/ready", ({ status }) => status === 200)).slowest < PROMISED_MS);
  });
}

t.test("a service that is killed is named until it is back", async (t) => {
  const back = keepAway("index");
  // Its parts are asked at once: one may still have got its answer when the other found the process gone.
  const ready = await until(
    "/ready",
    ({ body }) => body.services.index?.status === "down" && body.checks?.vector_stores_ready === false,
  );
  t.equal(ready.status, 503);
  t.match(ready.body, { status: "not_ready", checks: { vector_stores_ready: false, database_connected: true } });
  t.match(ready.body.services.index, { reason: /Unavailable|no answer/ });
  t.ok(ready.slowest < PROMISED_MS, `${Math.round(ready.slowest)} ms`);
  await back();
  t.ok((await until("/ready", ({ status }) => status === 200)).slowest < PROMISED_MS);
});

t.test("a service that is slow is called slow, and the answer is still in time", async (t) => {
  const pid = await mesh.pidOf("fusion");
  let going = true;
  const slowing = (async () => {
    while (going) {
      process.kill(pid, "SIGSTOP");
      await pause(620); // the fault itself: it runs for a moment, then answers nobody for longer than looks are shared
      process.kill(pid, "SIGCONT");
      await pause(30);
    }
  })();
  const others = ({ services }: Body) => Object.entries(services).filter(([name]) => name !== "fusion");
  const health = await until(
    "/health",
    ({ body }) => body.services.fusion?.status === "slow" && others(body).every(([, { status }]) => status !== "down"),
  );
  going = false;
  await slowing;
  t.match(health, { status: 200, body: { status: "degraded" } });
  t.ok(health.body.services.fusion!.ms > 300, `${health.body.services.fusion!.ms} ms`);
  t.ok(health.slowest < PROMISED_MS, `${Math.round(health.slowest)} ms`);
  await until("/health", ({ body }) => body.status === "healthy");
});

t.test("without the cache it is ready; without PostgreSQL it is not", async (t) => {
  const valkey = await mesh.pidOf("valkey");
  process.kill(valkey, "SIGSTOP");
  const health = await until("/health", ({ body }) => body.services.redis?.status === "down");
  t.match(health, { status: 200, body: { status: "degraded" } });
  t.equal((await ask("/ready")).status, 200);
  process.kill(valkey, "SIGCONT");
  const back = keepAway("postgres");
  const ready = await until("/ready", ({ status }) => status === 503);
  t.ok(ready.slowest < PROMISED_MS);
  await back();
  await until("/health", ({ body }) => body.status === "healthy");
});
