import type { AlertRule, RuleGroup, Severity } from "./rule.ts";
import { runbookOf } from "./rule.ts";

/** Samples and evaluations lie this far apart. */
export const STEP_S = 10;

/** An alert that is expected to fire. */
export interface Firing {
  severity: Severity;
  /** Besides alertname and severity. */
  labels?: Record<string, string>;
  /** How the description shows the value. */
  value: string;
}

/** What series make of one alert. */
export interface RuleCase {
  /** What is true. */
  name: string;
  alert: string;
  /** Values in promtool's notation, by series. */
  series: Record<string, string>;
  /** Seconds after the first sample. */
  at: number;
  /** All that fire then; none: it is silent. */
  fires: Firing[];
}

/** A constant for half an hour. */
export const constant = (value: number) => `${value}+0x180`;

/** A counter that grows by so much a second for half an hour. */
export const counter = (perSecond: number) => `0+${perSecond * STEP_S}x180`;

/** A histogram's series: every observation has this value, `perSecond` of them, in these buckets. */
export function histogram(
  name: string,
  labels: string,
  { perSecond, value, buckets }: { perSecond: number; value: number; buckets: number[] },
): Record<string, string> {
  const bucket = (le: number) => [`${name}_bucket{${labels},le="${le}"}`, counter(value <= le ? perSecond : 0)];
  return Object.fromEntries([
    ...buckets.map(bucket),
    [`${name}_bucket{${labels},le="+Inf"}`, counter(perSecond)],
    [`${name}_sum{${labels}}`, counter(perSecond * value)],
    [`${name}_count{${labels}}`, counter(perSecond)],
  ]);
}

/** A test file for promtool, as an object. */
export function ruleTests(cases: RuleCase[], groups: RuleGroup[]): object {
  const rules = groups.flatMap(({ rules }) => rules.filter((rule) => "alert" in rule));
  return {
    rule_files: ["../alert_rules.yml"],
    evaluation_interval: `${STEP_S}s`,
    group_eval_order: groups.map(({ name }) => name),
    tests: cases.map(({ name, alert, series, at, fires }) => ({
      name: `${alert}: ${name}`,
      interval: `${STEP_S}s`,
      input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
      alert_rule_test: [
        {
          eval_time: `${at}s`,
          alertname: alert,
          exp_alerts: fires.map((firing) => expected(ruleOf(rules, alert, firing), firing)),
        },
      ],
    })),
  };
}

/** The rule that an expected alert comes from: of that name and severity, with its own labels. */
export function ruleOf(rules: AlertRule[], alert: string, { severity, labels = {} }: Firing): AlertRule {
  const fitting = rules.filter(
    (rule) =>
      rule.alert === alert &&
      rule.severity === severity &&
      Object.entries(rule.labels ?? {}).every(([name, value]) => labels[name] === value),
  );
  const [rule] = fitting.sort((a, b) => Object.keys(b.labels ?? {}).length - Object.keys(a.labels ?? {}).length);
  if (rule === undefined) throw new Error(`expected a rule ${alert} with severity ${severity}, found none`);
  return rule;
}

function expected({ alert, summary, description }: AlertRule, { severity, labels = {}, value }: Firing): object {
  const filled = (text: string) =>
    text
      .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? "")
      .replaceAll(/\{\{ \$value[^}]*\}\}/g, value);
  return {
    exp_labels: { severity, ...labels },
    exp_annotations: { summary: filled(summary), description: filled(description), runbook: runbookOf(alert) },
  };
}
