import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { datasource, type Panel } from "./panels.ts";

/** A heading and what stands below it, left to right; each line of panels adds up to 24 columns. */
export interface Row {
  title: string;
  panels: Panel[];
}

export interface DashboardOptions {
  uid: string;
  title: string;
  description: string;
  /** How often the page asks again. */
  refresh: string;
  rows: Row[];
  /** Whether its queries choose by `$service`. */
  byService?: boolean;
}

/** All dashboards carry it; each links to the others by it. */
const TAG = "flashfit";

/** The same options give the same bytes. */
export function dashboard(o: DashboardOptions): Dashboard {
  const builder = new DashboardBuilder(o.title)
    .uid(o.uid)
    .description(o.description)
    .tags([TAG])
    .readonly() // the source is code: a change in the page would be lost
    .refresh(o.refresh)
    .time({ from: "now-30m", to: "now" })
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder("FlashFit")
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"));
  if (o.byService) builder.withVariable(serviceVariable());
  for (const { title, panels } of o.rows) {
    builder.withRow(new RowBuilder(title));
    for (const panel of panels) builder.withPanel(panel);
  }
  const built = builder.build();
  for (const [i, panel] of (built.panels ?? []).entries()) panel.id = i + 1; // so that links to a panel hold
  for (const link of built.links ?? []) link.placement = undefined; // on top of the page, not in a menu
  return built;
}

/** The processes that answer requests; all of them at first. */
function serviceVariable() {
  return new QueryVariableBuilder("service")
    .label("Service")
    .datasource(datasource)
    .query("label_values(http_requests_total, service)")
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] });
}
