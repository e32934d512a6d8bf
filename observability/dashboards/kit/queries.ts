/** PromQL of the shapes that the panels share. `by` names the labels that stay. */

/** Grafana's own interval: at least four scrapes long, so that a rate never falls between two. */
const WINDOW = "$__rate_interval";

export const rate = (selector: string) => `rate(${selector}[${WINDOW}])`;

export const sum = (expr: string, by: string[] = []) => `sum${labels(by)}(${expr})`;

/** How often a second, the series added up. */
export const perSecond = (selector: string, by: string[] = []) => sum(rate(selector), by);

/** A quantile of a classic histogram; `selector` without `_bucket` in its name. */
export function quantile(q: number, selector: string, by: string[] = []): string {
  return `histogram_quantile(${q}, ${perSecond(part(selector, "bucket"), ["le", ...by])})`;
}

/** The mean of what a histogram observed. */
export function average(selector: string, by: string[] = []): string {
  return ratio(perSecond(part(selector, "sum"), by), perSecond(part(selector, "count"), by));
}

/** A share of a whole; nothing, rather than NaN, while the whole is nothing. */
export const ratio = (some: string, all: string) => `${some} / (${all} > 0)`;

/** Zero where nothing has been counted yet. */
export const orZero = (expr: string) => `(${expr} or vector(0))`;

function labels(by: string[]): string {
  return by.length === 0 ? "" : ` by (${by.join(", ")}) `;
}

/** `name{…}` → `name_bucket{…}` */
function part(selector: string, suffix: string): string {
  return selector.replace(/^[\w:]+/, (name) => `${name}_${suffix}`);
}
