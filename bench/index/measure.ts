export { answer, measureOptions } from "../support/measure.ts";
export { median } from "../support/statistics.ts";
