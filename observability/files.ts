import { alertmanagerConfig } from "./alertmanager/config.ts";
import { ruleCases } from "./prometheus/cases.ts";
import { prometheusConfig } from "./prometheus/config.ts";
import { ruleFile } from "./prometheus/rule.ts";
import { ruleTests } from "./prometheus/rule-tests.ts";
import { ruleGroups } from "./prometheus/rules.ts";
import { composeTargets, defaultTargets } from "./targets.ts";
import { toYaml } from "./yaml.ts";

const WRITTEN = "Written by `npm run gen` from the TypeScript beside it: change that, not this.";

/** The text of every generated file, by its path from the repository's root. */
export function observabilityFiles(): Record<string, string> {
  const yaml = (value: unknown, about: string) => toYaml(value, `${about}\n${WRITTEN}`);
  const tests = Object.entries(ruleCases).map(([theme, cases]) => [
    `observability/prometheus/tests/${theme}.yml`,
    yaml(ruleTests(cases, ruleGroups), "Tests of alert_rules.yml for promtool; what they say stands in cases/."),
  ]);
  return {
    ...Object.fromEntries(tests),
    "observability/prometheus/prometheus.yml": yaml(
      prometheusConfig(defaultTargets),
      "A mesh on this machine with its default ports. `npm run observe` writes one with the real ports.",
    ),
    "observability/prometheus/prometheus.compose.yml": yaml(
      prometheusConfig(composeTargets),
      "A mesh in containers, for the profile `monitoring` of compose.yml.",
    ),
    "observability/prometheus/alert_rules.yml": alertRulesText(),
    "observability/alertmanager/alertmanager.yml": yaml(
      alertmanagerConfig({}),
      "Routes without channels: `npm run observe` and compose write one with those that the environment names (ALERT_…).",
    ),
  };
}

/** The rules, the same for every mesh. */
export function alertRulesText(): string {
  return toYaml(ruleFile(ruleGroups), `Recording rules and alerts; runbook: docs/runbooks/alerts.md\n${WRITTEN}`);
}
