import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { findBinaries } from "../../cli/observe/binaries.ts";
import { observeSettings } from "../../cli/observe/settings.ts";
import { alertmanagerConfig } from "../../observability/alertmanager/config.ts";
import { toYaml } from "../../observability/yaml.ts";
import { startChild } from "../support/child.ts";
import { observeIsMissing } from "../support/observability.ts";
import { freePort } from "../support/ports.ts";
import { startSmtp } from "../support/smtp.ts";
import { startWebhook } from "../support/webhook.ts";

type Labels = Record<string, string> & { alertname: string };

const alert = (alertname: string, severity: string, labels: Record<string, string> = {}): Labels => ({
  alertname,
  severity,
  ...labels,
});
const serviceDown = alert("ServiceDown", "critical", { service: "index" });
const serviceWasDown = alert("ServiceWasDown", "none", { service: "index" });
const faiss = alert("FaissIndexUnhealthy", "critical", { service: "index", index: "all" });
const errors = alert("HighErrorRate", "critical", { service: "fusion" });
const strangers = alert("LowSuccessRate", "critical", { service: "web" });

t.test("one outage is told once, by its cause", { skip: observeIsMissing() }, async (t) => {
  const [hook, heart, smtp] = await Promise.all([startWebhook(), startWebhook(), startSmtp()]);
  t.teardown(() => Promise.all([hook.stop(), heart.stop(), smtp.stop()]));
  const port = await freePort();
  const folder = t.testdir();
  const channels = {
    webhookUrl: hook.url,
    heartbeatUrl: heart.url,
    email: { to: "sre@example.com", from: "mesh@example.com", smtpHost: smtp.address, requireTls: false },
  };
  const times = { groupWait: "1s", groupInterval: "1s", repeatInterval: "1h" };
  writeFileSync(join(folder, "alertmanager.yml"), toYaml(alertmanagerConfig(channels, times), "a test's"));
  const { alertmanager = "" } = findBinaries(observeSettings.parse({}), process.env.PATH);
  const server = await startChild(
    alertmanager,
    [
      `--config.file=${join(folder, "alertmanager.yml")}`,
      `--storage.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
    /Listening on/,
  );
  t.teardown(() => server.end("SIGTERM"));

  const post = async (alerts: Labels[], over = false) => {
    const body = alerts.map((labels) => ({
      labels,
      annotations: { summary: `summary of ${labels.alertname}` },
      ...(over ? { endsAt: new Date().toISOString() } : {}),
    }));
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    t.equal(answer.status, 200);
  };
  /** What was posted before this has been told, or never will be: each waits for the same second. */
  let rounds = 0;
  const settled = async () => {
    const sentinel = alert(`Sentinel${++rounds}`, "warning");
    await post([sentinel]);
    await hook.arrival("firing", sentinel, 10_000);
  };
  const told = () =>
    hook.told
      .filter(({ labels }) => !labels.alertname?.startsWith("Sentinel"))
      .map(({ status, labels }) => `${labels.alertname} ${labels.service} ${labels.severity} ${status}`)
      .sort();

  const outage = [
    serviceDown,
    serviceWasDown,
    faiss,
    alert("FaissIndexUnhealthy", "warning", { service: "index", index: "all" }),
    errors,
    alert("SlowP95", "warning", { service: "fusion" }),
    alert("TargetDown", "critical", { service: "index", job: "flashfit-index" }),
    alert("DatabaseTrouble", "warning", { service: "index" }),
    strangers,
    alert("DeadMansSwitch", "none"),
  ];
  await post(outage);
  await hook.arrival("firing", serviceDown, 10_000);
  await settled();
  const causes = [
    "FaissIndexUnhealthy index critical firing",
    "LowSuccessRate web critical firing",
    "ServiceDown index critical firing",
  ];
  t.same(told(), causes, "what follows from it is held back, the same at another severity too");
  await heart.arrival("firing", { alertname: "DeadMansSwitch" }, 10_000);
  t.same(
    heart.told.map(({ labels }) => labels.alertname),
    ["DeadMansSwitch"],
    "the heartbeat gets nothing else",
  );
  const mail = await smtp.arrival(/ServiceDown/, 10_000);
  t.match(mail, /RCPT TO:<sre@example.com>/);

  await post(outage);
  await settled();
  t.same(told(), causes, "the same alert is not told twice");

  await post([serviceDown, faiss, strangers], true);
  for (const over of [serviceDown, faiss, strangers]) await hook.arrival("resolved", over, 10_000);
  await settled();
  t.notOk(told().includes("HighErrorRate fusion critical firing"), "windows that still hold the outage do not page");

  await post([serviceWasDown], true);
  await hook.arrival("firing", errors, 10_000);
  t.pass("minutes later they would");
});
