import { type RuleGroup, twoLevels } from "../rule.ts";

/** The machine under the mesh, as the monitor sees it. */
export const machine: RuleGroup = {
  name: "flashfit-machine",
  rules: [
    ...twoLevels({
      alert: "HighCpu",
      expr: "avg_over_time(flashfit_cpu_usage_percent[5m]) > $threshold",
      warning: { threshold: 80, for: "5m" },
      critical: { threshold: 90, for: "5m" },
      summary: "the processors are busy",
      description: 'CPU use was {{ $value | printf "%.0f" }} % over the last five minutes',
    }),
    ...twoLevels({
      alert: "HighMemory",
      expr: "avg_over_time(flashfit_memory_usage_percent[5m]) > $threshold",
      warning: { threshold: 90, for: "2m" },
      critical: { threshold: 95, for: "2m" },
      summary: "memory is nearly used up",
      description: 'memory use was {{ $value | printf "%.0f" }} % over the last five minutes',
    }),
    ...twoLevels({
      alert: "DiskFull",
      expr: "max by (service, path) (flashfit_disk_usage_percent) > $threshold",
      warning: { threshold: 85, for: "5m" },
      critical: { threshold: 95, for: "5m" },
      summary: "the disk is nearly full",
      description: 'the disk under {{ $labels.path }} is {{ $value | printf "%.0f" }} % full',
    }),
  ],
};
