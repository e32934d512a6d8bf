import { readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { projectRoot } from "../../cli/state/home.ts";
import { findProgram } from "../../cli/tools/program.ts";
import { run } from "../../test/support/run.ts";

const prometheus = join(projectRoot, "observability/prometheus");
const alertmanager = join(projectRoot, "observability/alertmanager/alertmanager.yml");

function without(program: string): string | false {
  const there = findProgram([program], process.env.PATH);
  return !there && `skipped: no ${program}; apt-get install prometheus prometheus-alertmanager`;
}

t.test("promtool accepts the configurations and the rules", { skip: without("promtool") }, async (t) => {
  for (const file of ["prometheus.yml", "prometheus.compose.yml"]) {
    const checked = await run("promtool", ["check", "config", join(prometheus, file)]);
    t.equal(checked.code, 0, `${file} ${checked.stdout}${checked.stderr}`);
  }
  const { code, stdout, stderr } = await run("promtool", ["check", "rules", join(prometheus, "alert_rules.yml")]);
  t.equal(code, 0, stdout + stderr);
});

t.test(
  "every alert fires when it should, and is silent when it should be",
  { skip: without("promtool") },
  async (t) => {
    const files = readdirSync(join(prometheus, "tests"));
    t.ok(files.length > 0);
    for (const file of files) {
      const { code, stdout, stderr } = await run("promtool", ["test", "rules", join(prometheus, "tests", file)]);
      t.equal(code, 0, `${file}\n${stdout}${stderr}`);
    }
  },
);

t.test("amtool accepts the routes, and alerts go where their severity says", { skip: without("amtool") }, async (t) => {
  const checked = await run("amtool", ["check-config", alertmanager]);
  t.equal(checked.code, 0, checked.stdout + checked.stderr);
  const cases: [receiver: string, ...labels: string[]][] = [
    ["heartbeat", "alertname=DeadMansSwitch", "severity=none"],
    ["critical", "alertname=ServiceDown", "severity=critical", "service=index"],
    ["warning", "alertname=HighCpu", "severity=warning"],
    ["nowhere", "alertname=ServiceWasDown", "severity=none", "service=index"],
  ];
  for (const [receiver, ...labels] of cases) {
    const routed = await run("amtool", [
      ...["config", "routes", "test", `--config.file=${alertmanager}`],
      ...[`--verify.receivers=${receiver}`, ...labels],
    ]);
    t.equal(routed.code, 0, `${labels.join(" ")} → ${receiver}: ${routed.stdout}${routed.stderr}`);
  }
});
