import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../../cli/state/home.ts";
import { labelsIn, operandsOf, selectorsOf } from "../../../observability/dashboards/kit/promql.ts";
import { dashboardNames, readDashboard } from "../../../observability/dashboards/kit/read.ts";

/** Something that Prometheus is asked, and how its answer is told of. */
export interface Case {
  /** Unique; exceptions are made by it. */
  name: string;
  expr: string;
  /** Labels that each series of the answer must have. */
  labels: string[];
}

interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
}

/** Longer than the traffic takes, so that all of it counts. */
const RATE_INTERVAL = "3m";

/** As Grafana replaces its variables when a dashboard is opened. */
const substituted = (expr: string) => expr.replaceAll("$__rate_interval", RATE_INTERVAL).replaceAll("$service", ".*");

/** Every query of every panel, and of every variable, in the committed dashboards. */
export function panelCases(): Case[] {
  return dashboardNames.map(readDashboard).flatMap(({ uid, panels, templating }) => [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr, legendFormat }) => ({
        name: `${uid}: ${title}: ${refId}`,
        expr: substituted(expr),
        labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!),
      })),
    ),
    ...templating.list
      .filter(({ type }) => type === "query")
      .map(({ name, query }) => {
        const [, metric, label] = /^label_values\((.+), (\w+)\)$/.exec(query) ?? [];
        if (!metric || !label) throw new Error(`expected label_values(metric, label) in $${name}, got ${query}`);
        return { name: `${uid}: $${name}`, expr: metric, labels: [label] };
      }),
  ]);
}

/** Every rule of the committed rule file. */
export function ruleCases(): { alerts: Case[]; recorded: Case[] } {
  const text = readFileSync(join(projectRoot, "observability/prometheus/alert_rules.yml"), "utf8");
  const rules = (parse(text) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
  const alerts = rules.flatMap(({ alert, expr, labels = {} }) => {
    if (alert === undefined) return [];
    const which = [labels.severity, labels.trouble].filter(Boolean).join(" ");
    return [{ name: `${alert} ${which}`, expr, labels: [] }];
  });
  const recorded = rules.flatMap(({ record, expr }) => (record ? [{ name: record, expr, labels: [] }] : []));
  return { alerts: numbered(alerts), recorded };
}

/** What an alert compares: each side on its own, so that a silent alert is one whose figures are there. */
export function operandCases(alerts: Case[]): Case[] {
  return alerts.flatMap(({ name, expr }) =>
    operandsOf(expr).map((operand, i) => ({ name: `${name}, part ${i + 1}`, expr: operand, labels: [] })),
  );
}

/** Every series that any of them names; for each label in the matchers, that the metric has it. */
export function seriesCases(cases: Case[]): Case[] {
  const found = new Map<string, Case>();
  const add = (expr: string) => found.set(expr, { name: `series ${expr}`, expr, labels: [] });
  for (const { metric, matchers } of cases.flatMap(({ expr }) => selectorsOf(expr))) {
    add(metric + matchers);
    if (metric !== "") for (const label of labelsIn(matchers)) add(`${metric}{${label}!=""}`);
  }
  return [...found.values()];
}

/** Rules of one name and severity are told apart by a number. */
function numbered(cases: Case[]): Case[] {
  const seen = new Map<string, number>();
  return cases.map((one) => {
    const count = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, count);
    return count === 1 ? one : { ...one, name: `${one.name} ${count}` };
  });
}
