import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { Ajv } from "ajv";
import t from "tap";
import { alertRules, ruleGroups } from "../prometheus/rules.ts";
import { dashboardFiles } from "./generate.ts";
import { limits } from "./kit/limits.ts";
import { knownMetrics } from "./kit/metrics.ts";
import { selectorsOf } from "./kit/promql.ts";
import { dashboardNames, type PanelJson, readDashboard } from "./kit/read.ts";
import { dashboardSchema } from "./kit/schema.ts";

const root = join(import.meta.dirname, "../..");
const dashboards = dashboardNames.map(readDashboard);
const panelsOf = (one: (typeof dashboards)[number]) => one.panels.filter(({ type }) => type !== "row");

t.test("the committed files are what the code says: node observability/dashboards/generate.ts", async (t) => {
  const files = dashboardFiles();
  t.same(
    Object.keys(files),
    dashboardNames.map((name) => `observability/dashboards/${name}.json`),
  );
  for (const [path, text] of Object.entries(files)) t.equal(readFileSync(join(root, path), "utf8"), text, path);
});

t.test("every dashboard fits the schema, which refuses what Grafana does not know", async (t) => {
  const fits = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(dashboardSchema);
  for (const one of dashboards) t.ok(fits(one), one.uid, { errors: fits.errors });
  const [first] = dashboards;
  t.notOk(fits({ ...first, refersh: "5s" }), "an unknown key");
  t.notOk(
    fits({ ...first, panels: [{ ...first!.panels[1], datasource: { type: "loki", uid: "x" } }] }),
    "another store",
  );
});

t.test("uids, ids and titles are unique; the overview is the old one", async (t) => {
  const unique = (values: unknown[], what: string) => t.equal(new Set(values).size, values.length, what, { values });
  unique(
    dashboards.map(({ uid }) => uid),
    "uids",
  );
  t.same(
    dashboards.map(({ uid, title, refresh }) => [uid, title, refresh]),
    [
      ["flashfit-system-overview", "FlashFit System Overview", "5s"],
      ["api-performance", "API Performance", "10s"],
      ["ml-models", "ML Model Performance", "10s"],
      ["faiss-indices", "FAISS Indices", "10s"],
      ["policies", "Policies and Rollout", "30s"],
    ],
  );
  for (const one of dashboards) {
    unique(
      one.panels.map(({ id }) => id),
      `${one.uid}: ids`,
    );
    unique(
      panelsOf(one).map(({ title }) => title),
      `${one.uid}: titles`,
    );
    for (const { title, targets = [] } of one.panels) {
      unique(
        targets.map(({ refId }) => refId),
        `${title}: queries`,
      );
    }
  }
});

t.test("panels fill the 24 columns without overlapping", async (t) => {
  for (const { uid, panels } of dashboards) {
    const cells = new Map<string, string>();
    const clashes: string[] = [];
    for (const { title, gridPos } of panels) {
      t.ok(gridPos.x + gridPos.w <= 24, `${uid}: ${title} ends within the page`);
      for (const cell of cellsOf(gridPos)) {
        if (cells.has(cell)) clashes.push(`${title} lies over ${cells.get(cell)}`);
        cells.set(cell, title);
      }
    }
    t.same([...new Set(clashes)], [], uid);
    const bottom = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h));
    t.equal(cells.size, 24 * bottom, `${uid}: no holes`);
  }
});

t.test("every panel says what good looks like, in a unit that Grafana has", async (t) => {
  const known = new Set<unknown>(Object.values(units));
  for (const one of dashboards) {
    for (const { title, description, fieldConfig } of panelsOf(one)) {
      t.match(description, /^[A-Z0-9].{20,}\.$/s, title);
      t.match(description, /Good: /, title);
      t.ok(known.has(fieldConfig?.defaults.unit ?? ""), `${title}: ${fieldConfig?.defaults.unit}`);
    }
  }
});

t.test("queries ask for known metrics alone, and every known one is asked for by name or histogram", async (t) => {
  const recorded = ruleGroups.flatMap(({ rules }) => rules.flatMap((rule) => ("record" in rule ? rule.record : [])));
  for (const one of dashboards) {
    for (const { title, targets = [] } of panelsOf(one)) {
      for (const { expr } of targets) {
        const metrics = selectorsOf(expr).map(({ metric }) => metric);
        t.ok(metrics.length > 0, `${title} reads something`, { expr });
        const unknown = metrics.filter((metric) => !knownMetrics.has(metric) && !recorded.includes(metric));
        t.same(unknown, [], `${one.uid}: ${title}`);
      }
    }
  }
  const asked = new Set(dashboards.flatMap((one) => panelsOf(one).flatMap(metricsOf)));
  const family = (metric: string) => metric.replace(/_(bucket|sum|count)$/, "");
  const families = new Set([...asked].map(family));
  t.same(
    [...knownMetrics].filter((metric) => !families.has(family(metric))),
    [],
    "nothing is listed that no panel shows",
  );
});

t.test("ranges of rates are Grafana's own interval, so that no rate falls between two scrapes", async (t) => {
  for (const one of dashboards) {
    for (const { title, targets = [] } of panelsOf(one)) {
      for (const { expr } of targets) {
        const ranges = [...expr.matchAll(/\[([^\]]*)\]/g)].map(([, range]) => range);
        t.same(new Set(ranges), new Set(ranges.length > 0 ? ["$__rate_interval"] : []), title);
      }
    }
  }
});

t.test("limits are the alerts' thresholds", async (t) => {
  for (const limit of Object.values(limits)) {
    const sign = "below" in limit ? "<" : ">";
    for (const severity of ["warning", "critical"] as const) {
      const rules = alertRules.filter((rule) => rule.alert === limit.alert && rule.severity === severity);
      const compared = new RegExp(`${sign} ${limit[severity]}(?![\\d.])`);
      t.ok(
        rules.some(({ expr }) => compared.test(expr)),
        `${limit.alert} ${severity}: ${sign} ${limit[severity]}`,
        { rules: rules.map(({ expr }) => expr) },
      );
    }
  }
});

function metricsOf({ targets = [] }: PanelJson): string[] {
  return targets.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric));
}

function cellsOf({ x, y, w, h }: PanelJson["gridPos"]): string[] {
  return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
}
