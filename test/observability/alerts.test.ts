import { once } from "node:events";
import { createServer, type Server } from "node:net";
import t from "tap";
import { startMesh } from "../support/mesh.ts";
import { observeIsMissing, startObserve, until } from "../support/observability.ts";
import { freePort } from "../support/ports.ts";
import { startWebhook } from "../support/webhook.ts";

const skip = observeIsMissing();

/** Listens where Index would: it crashes at every restart until this is closed. */
async function occupy(port: number): Promise<Server> {
  const server = await until(10_000, async () => {
    const attempt = createServer((socket) => socket.destroy()).listen({ host: "127.0.0.1", port, exclusive: true });
    return once(attempt, "listening").then(
      () => attempt,
      () => undefined, // the killed process has not let go yet
    );
  });
  if (server === undefined) throw new Error(`expected port ${port} to become free`);
  return server;
}

t.test(
  "an Index that stays away is told by its two causes, and told to be over when it is back",
  { skip },
  async (t) => {
    const prometheusPort = String(await freePort());
    const [hook, heart] = await Promise.all([startWebhook(), startWebhook()]);
    t.teardown(() => Promise.all([hook.stop(), heart.stop()]));
    const mesh = await startMesh({ env: { PROMETHEUS_URL: `http://127.0.0.1:${prometheusPort}` } });
    t.teardown(() => mesh.stop());
    const env = { PROMETHEUS_PORT: prometheusPort, ALERT_WEBHOOK_URL: hook.url, ALERT_HEARTBEAT_URL: heart.url };
    const observe = await startObserve(mesh, { env });
    t.teardown(() => observe.stop());

    await observe.allTargetsUp();
    const health = await observe.queryUntil('flashfit_service_health_status{service="index"} == 1');
    t.equal(health.length, 1, "the monitor sees a healthy Index");
    await heart.arrival("firing", { alertname: "DeadMansSwitch" }, 30_000);
    t.same(hook.told, [], "a healthy mesh is silent");

    const index = (await mesh.status()).processes.find(({ name }) => name === "index");
    await mesh.killChild("index");
    const squatter = await occupy(Number(new URL(index?.url ?? "").port));
    t.teardown(() => squatter.close());
    const down = { alertname: "ServiceDown", service: "index", severity: "critical" };
    const faiss = { alertname: "FaissIndexUnhealthy", service: "index", severity: "critical" };
    const told = await Promise.all([hook.arrival("firing", down, 60_000), hook.arrival("firing", faiss, 60_000)]);
    for (const { annotations } of told) t.match(annotations.runbook, /^docs\/runbooks\/alerts\.md#/);
    await observe.queryUntil('flashfit_active_alerts_total{severity="critical"} >= 2');

    squatter.close();
    await Promise.all([hook.arrival("resolved", down, 60_000), hook.arrival("resolved", faiss, 60_000)]);
    const others = hook.told.filter(
      ({ labels }) =>
        labels.severity === "critical" && ![down.alertname, faiss.alertname].includes(labels.alertname ?? ""),
    );
    t.same(others, [], "nothing else was worth waking up for");
    t.equal(await observe.stop(), 0);
  },
);
