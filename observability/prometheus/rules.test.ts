import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import t from "tap";
import { parse } from "yaml";
import { type AlertRule, runbookOf, twoLevels } from "./rule.ts";
import { ruleOf } from "./rule-tests.ts";

interface RuleFile {
  groups: {
    name: string;
    rules: (Partial<AlertRule> & { labels?: Record<string, string>; annotations?: Record<string, string> })[];
  }[];
}
interface TestFile {
  tests: { alert_rule_test: { alertname: string; exp_alerts: { exp_labels: { severity: string } }[] }[] }[];
}

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { groups } = parse(readFileSync(at("alert_rules.yml"), "utf8")) as RuleFile;
const alerts = groups.flatMap(({ rules }) => rules.filter(({ alert }) => alert !== undefined));
const tests = readdirSync(at("tests"))
  .map((file) => parse(readFileSync(at(`tests/${file}`), "utf8")) as TestFile)
  .flatMap((file) => file.tests.flatMap((one) => one.alert_rule_test));

t.test("every alert has a test in which it fires, for each severity, and one in which it is silent", async (t) => {
  t.ok(alerts.length > 0 && tests.length > 0);
  for (const { alert, labels } of alerts) {
    const own = tests.filter(({ alertname }) => alertname === alert);
    const fires = own.some(({ exp_alerts }) =>
      exp_alerts.some(({ exp_labels }) => exp_labels.severity === labels?.severity),
    );
    t.ok(fires, `${alert} fires as ${labels?.severity}`);
    if (alert === "DeadMansSwitch") continue; // is never to be silent
    t.ok(
      own.some(({ exp_alerts }) => exp_alerts.length === 0),
      `${alert} is silent when all is well`,
    );
  }
});

t.test("every alert tells what, how much, and where to read on", async (t) => {
  const runbook = readFileSync(at("../../docs/runbooks/alerts.md"), "utf8");
  for (const { alert = "", labels, annotations } of alerts) {
    t.match(labels?.severity, /^(critical|warning|none)$/, `${alert}: severity`);
    t.match(annotations?.summary, /\w/, `${alert}: summary`);
    if (labels?.index !== "all") t.match(annotations?.description, /\$value/, `${alert}: the value`);
    t.equal(annotations?.runbook, runbookOf(alert));
    t.match(runbook, new RegExp(`^## ${alert}$`, "m"), `${alert}: a chapter of the runbook`);
  }
  const chapters = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  t.same([...new Set(alerts.map(({ alert }) => alert))].sort(), chapters.sort(), "no chapter without an alert");
});

t.test("two levels differ in threshold, time and severity only", async (t) => {
  const [warning, critical] = twoLevels({
    alert: "A",
    expr: "x > $threshold and y > $threshold",
    summary: "s",
    description: "d",
    warning: { threshold: 0.5, for: "2m" },
    critical: { threshold: 1, for: "1m" },
  });
  t.same(warning, {
    alert: "A",
    severity: "warning",
    expr: "x > 0.5 and y > 0.5",
    for: "2m",
    summary: "s",
    description: "d",
  });
  t.match(critical, { severity: "critical", expr: "x > 1 and y > 1", for: "1m" });
});

t.test("an expected alert comes from the rule with the most labels that fit", async (t) => {
  const rule = (labels?: Record<string, string>): AlertRule => ({
    alert: "A",
    severity: "critical",
    expr: "1",
    summary: "",
    description: "",
    labels,
  });
  const [common, special] = [rule(), rule({ index: "all" })];
  t.equal(ruleOf([common, special], "A", { severity: "critical", labels: { index: "all" }, value: "" }), special);
  t.equal(ruleOf([common, special], "A", { severity: "critical", labels: { index: "clip" }, value: "" }), common);
  t.throws(() => ruleOf([common], "A", { severity: "warning", value: "" }), {
    message: /expected a rule A with severity warning/,
  });
});
