import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { parse } from "yaml";
import { ensureTool } from "../../cli/tools/install.ts";
import { tools } from "../../cli/tools/table.ts";
import { addMetricsListener } from "../../deploy/envoy-metrics.ts";
import { bootstrap, bootstrapJson } from "../../envoy/config/bootstrap.ts";
import { startChild } from "../support/child.ts";
import { freePort } from "../support/ports.ts";
import { startPostgres } from "../support/postgres.ts";
import { run } from "../support/run.ts";
import { root } from "./command.ts";

const envoy = await ensureTool(tools.envoy, process.env).catch(() => undefined);
const skip = envoy === undefined && "skipped: no Envoy; set ENVOY_BIN, or let `npm start` install it";

t.test("the set-up of the containers writes what Envoy and Alertmanager can read", { skip }, async (t) => {
  const database = await startPostgres();
  t.teardown(() => database.stop());
  const folder = t.testdir({ alerting: {} });
  const { code, stdout, stderr } = await run(process.execPath, [join(root, "deploy/setup.ts")], {
    STATE_DIR: join(folder, "state"),
    ALERTING_DIR: join(folder, "alerting"),
    DATABASE_URL: database.url,
    ALERT_WEBHOOK_URL: "http://hook.example.com/",
    ALERT_SMTP_TLS: "",
  });
  t.equal(code, 0, stdout + stderr);
  t.match(stdout, "alerts: all to the webhook");
  const validated = await run(envoy!, ["--mode", "validate", "-c", join(folder, "state/envoy/bootstrap.json")]);
  t.equal(validated.code, 0, validated.stderr);
  for (const name of ["web", "monitor"]) {
    t.match(readFileSync(join(folder, "state/envoy/bootstrap.json"), "utf8"), `"address": "${name}"`);
  }
  const file = join(folder, "alerting/alertmanager.yml");
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.match(parse(readFileSync(file, "utf8")).receivers, [
    { name: "nowhere" },
    { name: "heartbeat" },
    { name: "critical", webhook_configs: [{ url: "http://hook.example.com/" }] },
    { name: "warning", webhook_configs: [{ url: "http://hook.example.com/" }] },
  ]);
  if (hasAmtool()) {
    const checked = await run("amtool", ["check-config", file]);
    t.equal(checked.code, 0, checked.stdout + checked.stderr);
  }
});

t.test("Envoy's metrics can be had from outside its container, its admin interface cannot", { skip }, async (t) => {
  const [adminPort, port] = [await freePort(), await freePort()];
  const file = join(t.testdir(), "bootstrap.json");
  const plain = bootstrap({
    node: { id: "test", cluster: "test" },
    admin: { host: "127.0.0.1", port: adminPort },
    listeners: [],
    clusters: [],
    maxConnections: 100,
  });
  writeFileSync(file, bootstrapJson(addMetricsListener(plain, adminPort, port)));
  const child = await startChild(envoy!, ["-c", file, "--disable-hot-restart"], /starting main dispatch loop/);
  t.teardown(() => child.end("SIGTERM"));
  const metrics = await fetch(`http://127.0.0.1:${port}/stats/prometheus`);
  t.equal(metrics.status, 200);
  t.match(await metrics.text(), /^envoy_server_live\{\} 1$/m);
  for (const path of ["/quitquitquit", "/config_dump", "/stats", "/stats/prometheus/../../quitquitquit"]) {
    const refused = await fetch(`http://127.0.0.1:${port}${path}`, { method: "POST" });
    t.equal(refused.status, 404, path);
  }
});

function hasAmtool(): boolean {
  try {
    execFileSync("amtool", ["--version"]);
    return true;
  } catch {
    t.comment("skipped: no amtool; apt-get install prometheus-alertmanager");
    return false;
  }
}
