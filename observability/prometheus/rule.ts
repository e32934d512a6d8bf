/** How urgent an alert is: `critical` wakes somebody, `warning` waits for the morning, `none` is no trouble at all. */
export type Severity = "critical" | "warning" | "none";

export interface AlertRule {
  alert: string;
  severity: Severity;
  /** PromQL that has a series for everything that is wrong. */
  expr: string;
  /** How long it has to be wrong. Default: not at all. */
  for?: string;
  /** Labels besides the severity. */
  labels?: Record<string, string>;
  summary: string;
  /** With the value: `{{ $value | … }}`. */
  description: string;
}

/** A series computed once, so that panels and alerts mean the same. */
export interface RecordingRule {
  record: string;
  expr: string;
}

export interface RuleGroup {
  name: string;
  rules: (AlertRule | RecordingRule)[];
}

export interface Level {
  /** Takes the place of `$threshold` in the expression. */
  threshold: number;
  for: string;
}

/** One alert at two thresholds: the same expression, `$threshold` replaced. */
export function twoLevels(
  rule: Omit<AlertRule, "severity" | "for"> & { warning: Level; critical: Level },
): [AlertRule, AlertRule] {
  const { warning, critical, ...common } = rule;
  const level = (severity: Severity, { threshold, for: duration }: Level): AlertRule => ({
    ...common,
    severity,
    for: duration,
    expr: rule.expr.replaceAll("$threshold", String(threshold)),
  });
  return [level("warning", warning), level("critical", critical)];
}

/** Where its page of the runbook is, from the repository's root. */
export function runbookOf(alert: string): string {
  return `docs/runbooks/alerts.md#${alert.toLowerCase()}`;
}

/** The groups as the object that stands in a rule file. */
export function ruleFile(groups: RuleGroup[]): object {
  return { groups: groups.map(({ name, rules }) => ({ name, rules: rules.map(ruleEntry) })) };
}

function ruleEntry(rule: AlertRule | RecordingRule): object {
  const expr = rule.expr.trim();
  if ("record" in rule) return { record: rule.record, expr };
  const { alert, severity, summary, description, labels } = rule;
  return {
    alert,
    expr,
    ...(rule.for === undefined ? {} : { for: rule.for }),
    labels: { severity, ...labels },
    annotations: { summary, description, runbook: runbookOf(alert) },
  };
}
