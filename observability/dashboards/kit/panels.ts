import { BigValueColorMode, BigValueGraphMode, BigValueTextMode } from "@grafana/grafana-foundation-sdk/common";
import type { ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as GaugeBuilder } from "@grafana/grafana-foundation-sdk/gauge";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimelineBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Limit } from "./limits.ts";
import { lastValue, legend, limitLines, line, stacked, thresholds, tooltip } from "./look.ts";

/** The dashboard's variable; every panel asks what it names. */
export const datasource = { type: "prometheus", uid: "$" + "{datasource}" };

/** Name of the series in Grafana's template, `{{label}}`, and the expression. */
export type Queries = Record<string, string>;

export interface PanelOptions {
  title: string;
  /** What it shows and what good looks like. */
  description: string;
  /** Grafana's id of the unit: s, ms, bytes, percent (0–100), percentunit (0–1), reqps, short, … */
  unit: string;
  queries: Queries;
  /** Of 24 columns. */
  width: number;
  /** Default: 8 for graphs and tables, 5 for single values. */
  height?: number;
  limit?: Limit;
  min?: number;
  max?: number;
  decimals?: number;
  mappings?: ValueMapping[];
  /** What stands there while no series answers. */
  noValue?: string;
}

/** Lines over time; `stack` where the sum means something. */
export function graph({ stack = false, ...o }: PanelOptions & { stack?: boolean }) {
  const panel = frame(new TimeseriesBuilder(), { height: 8, min: 0, ...o })
    .lineWidth(1)
    .fillOpacity(stack ? 30 : 8)
    .gradientMode(line.gradient)
    .showPoints(line.points)
    .spanNulls(false)
    .legend(legend())
    .tooltip(tooltip());
  if (stack) panel.stacking(stacked());
  if (o.limit) panel.thresholdsStyle(limitLines());
  return panel;
}

/** One figure a series, coloured by its limit; `trend` draws its way behind it. */
export function stat({ trend = false, ...o }: PanelOptions & { trend?: boolean }) {
  const { mappings, queries } = o;
  const several = Object.keys(queries).some((name) => name.includes("{{")) || Object.keys(queries).length > 1;
  return frame(new StatBuilder(), { height: 5, ...o }, trend ? "range" : "instant")
    .colorMode(mappings ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(trend ? BigValueGraphMode.Area : BigValueGraphMode.None)
    .textMode(several ? BigValueTextMode.ValueAndName : BigValueTextMode.Value)
    .reduceOptions(lastValue());
}

/** A figure between 0 and its maximum, with its limits on the rim. */
export function gauge(o: PanelOptions & { max: number }) {
  return frame(new GaugeBuilder(), { height: 5, min: 0, ...o }, "instant")
    .showThresholdMarkers(true)
    .showThresholdLabels(false)
    .reduceOptions(lastValue());
}

/** States of several things over time, each a bar. */
export function timeline(o: PanelOptions) {
  return frame(new TimelineBuilder(), { height: 8, ...o })
    .mergeValues(true)
    .rowHeight(0.85)
    .tooltip(tooltip());
}

/** Labels as columns. `columns`: label → heading; other labels are not shown. */
export function table({ columns, ...o }: PanelOptions & { columns: Record<string, string> }) {
  const names = Object.keys(columns);
  return frame(new TableBuilder(), { height: 8, ...o }, "instant")
    .showHeader(true)
    .withTransformation({ id: "filterFieldsByName", options: { include: { names } } })
    .withTransformation({
      id: "organize",
      options: { indexByName: Object.fromEntries(names.map((name, i) => [name, i])), renameByName: columns },
    });
}

export type Panel = ReturnType<typeof graph | typeof stat | typeof gauge | typeof timeline | typeof table>;

type Builder = StatBuilder | TimeseriesBuilder | GaugeBuilder | TimelineBuilder | TableBuilder;

/** What every panel has. */
function frame<B extends Builder>(panel: B, o: PanelOptions & { height: number }, kind: QueryKind = "range"): B {
  panel
    .title(o.title)
    .description(o.description)
    .unit(o.unit)
    .span(o.width)
    .height(o.height)
    .datasource(datasource)
    .thresholds(thresholds(o.limit));
  if (o.min !== undefined) panel.min(o.min);
  if (o.max !== undefined) panel.max(o.max);
  if (o.decimals !== undefined) panel.decimals(o.decimals);
  if (o.mappings) panel.mappings(o.mappings);
  if (o.noValue !== undefined) panel.noValue(o.noValue);
  for (const [i, [name, expr]] of Object.entries(o.queries).entries()) {
    panel.withTarget(target(String.fromCharCode(65 + i), name, expr, kind, panel instanceof TableBuilder));
  }
  return panel;
}

type QueryKind = "range" | "instant";

function target(refId: string, name: string, expr: string, kind: QueryKind, asTable: boolean) {
  const query = new DataqueryBuilder().refId(refId).expr(expr).legendFormat(name).datasource(datasource);
  query.format(asTable ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
  return kind === "instant" ? query.instant() : query.range();
}
