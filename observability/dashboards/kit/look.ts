import {
  GraphGradientMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { MappingType, ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Limit } from "./limits.ts";

const GREEN = "green";
const YELLOW = "yellow";
const RED = "red";

/** Colours from a limit; without one everything is green. */
export function thresholds(limit?: Limit) {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(limit));
}

function stepsOf(limit: Limit | undefined) {
  const step = (color: string, value: number | null | undefined) => (value === undefined ? [] : [{ color, value }]);
  if (limit === undefined) return step(GREEN, null);
  const { warning, critical, below } = limit;
  if (!below) return [...step(GREEN, null), ...step(YELLOW, warning), ...step(RED, critical)];
  // Steps rise: what lies under the critical limit is the base.
  if (warning === undefined) return [...step(RED, null), ...step(GREEN, critical)];
  return [...step(RED, null), ...step(YELLOW, critical), ...step(GREEN, warning)];
}

/** Dashed lines where the limits lie. */
export const limitLines = () => new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);

/** The value now. */
export const lastValue = () => new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("").values(false);

/** Series below the graph, the newest and highest value beside each. */
export const legend = () =>
  new VizLegendOptionsBuilder()
    .displayMode(LegendDisplayMode.Table)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(["lastNotNull", "max"]);

/** All series under the pointer, the largest first. */
export const tooltip = () => new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi);

export const stacked = () => new StackingConfigBuilder().mode(StackingMode.Normal).group("A");

export const line = { gradient: GraphGradientMode.None, points: VisibilityMode.Never } as const;

/** 0 and 1 in words. */
export function words(zero: string, one: string) {
  return [
    {
      type: MappingType.ValueToText as const,
      options: {
        "0": { text: zero, color: RED, index: 0 },
        "1": { text: one, color: GREEN, index: 1 },
      },
    },
  ];
}
