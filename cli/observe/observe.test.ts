import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import t, { type Test } from "tap";
import { launchFlashfit } from "../../test/support/flashfit.ts";
import { observeIsMissing, startObserve, until } from "../../test/support/observability.ts";
import { freePort } from "../../test/support/ports.ts";
import { run } from "../../test/support/run.ts";
import { startWebhook } from "../../test/support/webhook.ts";
import { readJson, writeJson } from "../state/json-file.ts";
import type { RecordedProcess } from "../state/leftovers.ts";
import { releaseLock, takeLock } from "../state/lock.ts";
import { identify, isRunning } from "../state/process-identity.ts";
import type { MeshStatus } from "../state/status.ts";
import { findBinaries } from "./binaries.ts";
import { observeSettings } from "./settings.ts";

const skip = observeIsMissing();

/** A home as a running launcher leaves it, with one process that has metrics; the launcher is this test. */
async function meshHome(t: Test) {
  const home = t.testdir();
  const server = createServer((_, response) => void response.end("sample 42\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const status: MeshStatus = {
    launcher: identify(process.pid)!,
    version: "0.0.0",
    startedAt: new Date().toISOString(),
    state: "ready",
    addresses: { edge: "https://127.0.0.1:1" },
    metrics: { encoder: url },
    processes: [],
    events: [],
  };
  writeJson(join(home, "status.json"), status);
  const lock = join(home, "launcher.lock");
  takeLock(lock);
  t.teardown(() => {
    releaseLock(lock);
    server.closeAllConnections();
    server.close();
  });
  return { home, lock };
}

/** Those that observe has started and that live. */
function children(home: string): RecordedProcess[] {
  return (readJson<RecordedProcess[]>(join(home, "observe/processes.json")) ?? []).filter(isRunning);
}

t.test("both run beside the mesh, measure it, and are gone after SIGTERM", { skip }, async (t) => {
  const { home } = await meshHome(t);
  const observe = await startObserve({ home }, { env: { ALERT_WEBHOOK_URL: "http://127.0.0.1:9/x" } });
  t.teardown(() => observe.stop());
  t.match(observe.output(), /targets +http.*\/targets\n.*alerts are +all to the webhook/s);
  const [sample] = await observe.queryUntil("sample");
  t.match(sample, { labels: { job: "flashfit-encoder", service: "encoder" }, value: 42 });
  await observe.allTargetsUp();
  t.match(await observe.queryUntil('ALERTS{alertname="DeadMansSwitch",alertstate="firing"}'), [{ value: 1 }]);
  const file = join(home, "observe/alertmanager.yml");
  t.match(readFileSync(file, "utf8"), "http://127.0.0.1:9/x");
  t.equal(statSync(file).mode & 0o777, 0o600, "it may hold a password");
  t.equal(children(home).length, 2);
  const second = launchFlashfit("observe", home, {});
  await second.closed;
  t.equal(second.child.exitCode, 1);
  t.match(second.output(), /this mesh is observed already \(pid \d+\)/);
  t.equal(await observe.stop(), 0);
  t.same(children(home), []);
});

t.test("a test alert arrives where critical alerts go", { skip }, async (t) => {
  const { home } = await meshHome(t);
  const hook = await startWebhook();
  t.teardown(() => hook.stop());
  const tryOut = () =>
    run(process.execPath, ["bin/flashfit.mjs", "observe", "test"], {
      FLASHFIT_HOME: home,
      ALERT_WEBHOOK_URL: hook.url,
    });
  const early = await tryOut();
  t.equal(early.code, 1);
  t.match(early.stderr, /nothing observes the mesh: start `npm run observe`/);
  const observe = await startObserve({ home }, { env: { ALERT_WEBHOOK_URL: hook.url } });
  t.teardown(() => observe.stop());
  const sent = await tryOut();
  t.equal(sent.code, 0, sent.stderr);
  t.match(sent.stdout, /TestAlert fires for a minute; alerts are all to the webhook/);
  await hook.arrival("firing", { alertname: "TestAlert", severity: "critical" }, 10_000);
});

t.test("it ends with 1 and says why when the mesh stops", { skip }, async (t) => {
  const { home, lock } = await meshHome(t);
  const observe = await startObserve({ home });
  releaseLock(lock);
  const [code] = await once(observe.process, "close");
  t.equal(code, 1);
  t.match(observe.output(), /the mesh has stopped/);
  t.same(children(home), []);
});

t.test("it ends with 1 and says why when one of the two dies", { skip }, async (t) => {
  const { home } = await meshHome(t);
  const observe = await startObserve({ home });
  process.kill(children(home).find(({ name }) => name === "alertmanager")!.pid, "SIGKILL");
  const [code] = await once(observe.process, "close");
  t.equal(code, 1);
  t.match(observe.output(), /alertmanager was ended by SIGKILL/);
  t.same(children(home), []);
});

t.test("killed the hard way, it leaves nothing behind", { skip }, async (t) => {
  const { home } = await meshHome(t);
  const observe = await startObserve({ home });
  const left = children(home);
  t.equal(left.length, 2);
  observe.process.kill("SIGKILL");
  await once(observe.process, "close");
  t.ok(await until(10_000, async () => (left.some(isRunning) ? undefined : true)));
});

t.test("a taken port names its holder, and nothing is started", { skip }, async (t) => {
  const { home } = await meshHome(t);
  const server = createServer().listen(await freePort(), "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const observe = launchFlashfit("observe", home, { PROMETHEUS_PORT: String(port), ALERTMANAGER_PORT: "0" });
  await observe.closed;
  t.equal(observe.child.exitCode, 1);
  t.match(observe.output(), `PROMETHEUS_PORT: 127.0.0.1:${port} is taken by pid ${process.pid}`);
  t.same(children(home), []);
});

t.test("a missing Alertmanager is said, and Prometheus runs without", { skip }, async (t) => {
  const { home } = await meshHome(t);
  const { prometheus } = findBinaries(observeSettings.parse({}), process.env.PATH);
  const observe = await startObserve({ home }, { env: { PROMETHEUS_BIN: prometheus, PATH: home } });
  t.teardown(() => observe.stop());
  t.match(observe.output(), /there is no alertmanager: alerts are shown, but sent nowhere/);
  t.match(observe.output(), /apt-get install prometheus prometheus-alertmanager/);
  t.same(
    children(home).map(({ name }) => name),
    ["prometheus"],
  );
});

t.test("a missing Prometheus is said with how to get it", async (t) => {
  const { home } = await meshHome(t);
  const observe = launchFlashfit("observe", home, { PATH: home, PROMETHEUS_BIN: "" });
  await observe.closed;
  t.equal(observe.child.exitCode, 1);
  t.match(observe.output(), /there is no prometheus on PATH.*apt-get install prometheus.*brew install prometheus/s);
  t.same(children(home), []);
});

t.test("without a mesh it says what to do", async (t) => {
  const observe = launchFlashfit("observe", t.testdir(), {});
  await observe.closed;
  t.equal(observe.child.exitCode, 1);
  t.match(observe.output(), /no mesh runs in .*npm start/);
});
