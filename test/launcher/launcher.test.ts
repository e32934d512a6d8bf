import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { identify } from "../../cli/state/process-identity.ts";
import type { MeshStatus } from "../../cli/state/status.ts";
import { askEdge } from "../../cli/up/edge.ts";
import { launch, startMesh, type TestMesh } from "../support/mesh.ts";

/** One home for all: what a test starts, the next one starts again. */
const home = mkdtempSync(join(tmpdir(), "flashfit-launcher-"));
t.teardown(() => rmSync(home, { recursive: true, force: true }));

/** The first start includes initdb and a possible installation of tools; without that it takes about 4 s. */
const SECOND_START_MS = 10_000;
const WHOLE_AGAIN_MS = 10_000;
/** So long a stop waits for calls: DRAIN_MS by default. */
const DRAIN_SECONDS = 10;

const pids = ({ processes }: MeshStatus) => processes.flatMap(({ pid }) => pid ?? []);

async function ended(all: number[]): Promise<void> {
  while (all.some((pid) => identify(pid) !== undefined)) await new Promise(setImmediate);
}

const isReady = (mesh: TestMesh) => askEdge("127.0.0.1", mesh.ports.edge!, mesh.caFile).then(({ ready }) => ready);

t.test("one start: up, refused a second time, whole again after a crash, stopped in order", async (t) => {
  const mesh = await startMesh({ home });
  t.teardown(() => mesh.stop());
  t.ok(await isReady(mesh), "the edge is ready when the launcher says so");
  t.match(mesh.output(), `curl --cacert ${mesh.caFile} ${mesh.edgeUrl}/api/recommend`);
  const before = await mesh.status();
  t.equal(before.state, "ready");
  t.equal(before.processes.length, 9);

  const second = await launch(home, {});
  await second.closed;
  t.equal(second.launcher.exitCode, 1);
  t.match(second.output(), `a mesh runs already at ${mesh.edgeUrl} (launcher: pid ${before.launcher.pid})`);

  const crashed = performance.now();
  await mesh.killChild("fusion");
  await mesh.printed(/mesh is whole again after/);
  t.ok(performance.now() - crashed < WHOLE_AGAIN_MS);
  t.match(mesh.output(), /fusion was ended by SIGKILL, restarting/);
  const after = await mesh.status();
  t.match(
    after.processes.find(({ name }) => name === "fusion"),
    { state: "running", restarts: 1 },
  );
  t.match(after.events, [{ process: "fusion", message: /SIGKILL/ }, { message: /runs again/ }, { message: /whole/ }]);

  t.equal(await mesh.stop(), 0);
  t.same(pids(after).filter(identify), [], "no child is left");
  const [, seconds] = /stopped in (\d+\.\d) s\n$/.exec(mesh.output()) ?? [];
  t.ok(Number(seconds) < DRAIN_SECONDS, `nothing was in flight: stopped in ${seconds} s`);
  t.equal((await mesh.status()).state, "stopped");
});

t.test("a launcher that is killed leaves nothing that blocks the next start, which is fast", async (t) => {
  const mesh = await startMesh({ home });
  const status = await mesh.status();
  process.kill(status.launcher.pid, "SIGKILL");
  await ended(pids(status));
  const started = performance.now();
  const next = await startMesh({ home });
  t.teardown(() => next.stop());
  const tookMs = performance.now() - started;
  t.ok(tookMs < SECOND_START_MS, `the next start took ${Math.round(tookMs)} ms`);
  t.ok(await isReady(next));
});

t.test("a start right after the kill ends what is left itself", async (t) => {
  const mesh = await startMesh({ home });
  const status = await mesh.status();
  process.kill(status.launcher.pid, "SIGKILL");
  const next = await startMesh({ home });
  t.teardown(() => next.stop());
  t.ok(await isReady(next));
  t.same(pids(status).filter(identify), []);
});

t.test("signals that come together, as from a terminal, are one orderly stop", async (t) => {
  const mesh = await startMesh({ home });
  const { launcher } = await mesh.status();
  const closed = once(mesh.launcher, "close");
  mesh.launcher.kill("SIGINT");
  process.kill(launcher.pid, "SIGINT");
  await closed;
  t.equal(mesh.launcher.exitCode, 0);
  t.equal(mesh.output().split("stopping …").length, 2);
  t.match(mesh.output(), /stopped in \d+\.\d s\n$/);
});

t.test("a taken port is named with its setting and its holder before anything is started", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { launcher, output, closed } = await launch(home, { FUSION_PORT: String(port) });
  await closed;
  t.equal(launcher.exitCode, 1);
  t.match(output(), `FUSION_PORT: 127.0.0.1:${port} is taken by pid ${process.pid} (`);
  t.notMatch(output(), "✓ ");
});

t.test("a bad setting is named", async (t) => {
  const { launcher, output, closed } = await launch(home, { EDGE_PORT: "99999" });
  await closed;
  t.equal(launcher.exitCode, 1);
  t.match(output(), /EDGE_PORT is "99999"/);
});
