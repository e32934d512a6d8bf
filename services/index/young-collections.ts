import { collectYoungOften } from "../kit/collector.ts";

/** Have V8 collect the heap of a process that holds an index in small turns. Of millions of items it is gigabytes: it may double, not more. */
export function collectIndexYoungOften(): void {
  collectYoungOften({ growthPercent: 100 });
}
