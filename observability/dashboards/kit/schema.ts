/** JSON Schema of the parts of Grafana's dashboard model (schema version 42) that these dashboards use, and of nothing else. */
const text = { type: "string", minLength: 1 };
const integer = { type: "integer" };
const flag = { type: "boolean" };

/** An object that may have these keys alone; the required ones stand first. */
function object(required: Record<string, object>, optional: Record<string, object> = {}) {
  return {
    type: "object",
    additionalProperties: false,
    required: Object.keys(required),
    properties: { ...required, ...optional },
  };
}

const list = (items: object) => ({ type: "array", items });

const variable = "^\\$\\{datasource\\}$";
const datasource = object({ type: { const: "prometheus" }, uid: { type: "string", pattern: variable } });

const gridPos = object({
  x: { type: "integer", minimum: 0, maximum: 23 },
  y: { type: "integer", minimum: 0 },
  w: { type: "integer", minimum: 1, maximum: 24 },
  h: { type: "integer", minimum: 1 },
});

const target = object({
  expr: text,
  refId: { type: "string", pattern: "^[A-Z]$" },
  legendFormat: { type: "string" },
  datasource,
  format: { enum: ["time_series", "table"] },
  range: flag,
  instant: flag,
});

const thresholds = object({
  mode: { const: "absolute" },
  steps: {
    ...list(object({ color: { enum: ["green", "yellow", "red"] }, value: { type: ["number", "null"] } })),
    minItems: 1,
  },
});

const mapping = object({
  type: { const: "value" },
  options: { type: "object", additionalProperties: object({ text, color: text, index: integer }) },
});

const fieldConfig = object({
  defaults: object(
    { unit: text, thresholds },
    {
      custom: { type: "object" },
      min: { type: "number" },
      max: { type: "number" },
      decimals: integer,
      noValue: text,
      mappings: list(mapping),
    },
  ),
  overrides: { type: "array", maxItems: 0 },
});

const row = object({
  type: { const: "row" },
  id: integer,
  title: text,
  collapsed: { const: false },
  panels: { type: "array", maxItems: 0 },
  gridPos,
});

const panel = object(
  {
    type: { enum: ["timeseries", "stat", "gauge", "state-timeline", "table"] },
    id: integer,
    title: text,
    description: text,
    gridPos,
    datasource,
    targets: { ...list(target), minItems: 1 },
    fieldConfig,
    options: { type: "object" },
  },
  {
    transparent: flag,
    repeatDirection: { const: "h" },
    transformations: list(object({ id: text, options: { type: "object" } })),
  },
);

const templateVariable = object(
  { type: { enum: ["datasource", "query"] }, name: text, label: text, query: text },
  {
    datasource,
    skipUrlSync: flag,
    multi: flag,
    allowCustomValue: flag,
    includeAll: flag,
    auto: flag,
    auto_min: text,
    auto_count: integer,
    refresh: { enum: [0, 1, 2] },
    sort: integer,
    allValue: text,
    current: { type: "object" },
  },
);

const link = object(
  { title: text, type: { const: "dashboards" }, tags: list(text), asDropdown: flag, keepTime: flag },
  { icon: { type: "string" }, tooltip: { type: "string" }, targetBlank: flag, includeVars: flag },
);

export const dashboardSchema = object(
  {
    uid: { type: "string", pattern: "^[a-z][a-z0-9-]{0,39}$" },
    title: text,
    description: text,
    schemaVersion: { const: 42 },
    tags: list(text),
    refresh: { type: "string", pattern: "^\\d+s$" },
    time: object({ from: text, to: text }),
    templating: object({ list: list(templateVariable) }),
    panels: { ...list({ anyOf: [row, panel] }), minItems: 1 },
  },
  {
    timezone: { const: "browser" },
    editable: flag,
    graphTooltip: { enum: [0, 1, 2] },
    fiscalYearStartMonth: integer,
    annotations: { type: "object" },
    links: list(link),
  },
);
