import { constant, type RuleCase } from "../rule-tests.ts";

const of = (service: string, extra = "") => `{job="flashfit-monitor",service="${service}"${extra}}`;
const monitor = { job: "flashfit-monitor", service: "monitor" };
const disk = of("monitor", ',path="/data"');

export const machineCases: RuleCase[] = [
  {
    name: "85 % is a warning",
    alert: "HighCpu",
    series: { [`flashfit_cpu_usage_percent${of("monitor")}`]: constant(85) },
    at: 600,
    fires: [{ severity: "warning", labels: monitor, value: "85" }],
  },
  {
    name: "95 % is critical as well",
    alert: "HighCpu",
    series: { [`flashfit_cpu_usage_percent${of("monitor")}`]: constant(95) },
    at: 600,
    fires: [
      { severity: "warning", labels: monitor, value: "95" },
      { severity: "critical", labels: monitor, value: "95" },
    ],
  },
  {
    name: "a minute at 100 % is work, no trouble",
    alert: "HighCpu",
    series: { [`flashfit_cpu_usage_percent${of("monitor")}`]: "20+0x60 100+0x6 20+0x60" },
    at: 670,
    fires: [],
  },
  {
    name: "92 % is a warning",
    alert: "HighMemory",
    series: { [`flashfit_memory_usage_percent${of("monitor")}`]: constant(92) },
    at: 600,
    fires: [{ severity: "warning", labels: monitor, value: "92" }],
  },
  {
    name: "97 % is critical as well",
    alert: "HighMemory",
    series: { [`flashfit_memory_usage_percent${of("monitor")}`]: constant(97) },
    at: 600,
    fires: [
      { severity: "warning", labels: monitor, value: "97" },
      { severity: "critical", labels: monitor, value: "97" },
    ],
  },
  {
    name: "85 % is in order",
    alert: "HighMemory",
    series: { [`flashfit_memory_usage_percent${of("monitor")}`]: constant(85) },
    at: 600,
    fires: [],
  },
  {
    name: "90 % is a warning",
    alert: "DiskFull",
    series: { [`flashfit_disk_usage_percent${disk}`]: constant(90) },
    at: 600,
    fires: [{ severity: "warning", labels: { service: "monitor", path: "/data" }, value: "90" }],
  },
  {
    name: "96 % is critical as well",
    alert: "DiskFull",
    series: { [`flashfit_disk_usage_percent${disk}`]: constant(96) },
    at: 600,
    fires: [
      { severity: "warning", labels: { service: "monitor", path: "/data" }, value: "96" },
      { severity: "critical", labels: { service: "monitor", path: "/data" }, value: "96" },
    ],
  },
  {
    name: "70 % is in order",
    alert: "DiskFull",
    series: { [`flashfit_disk_usage_percent${disk}`]: constant(70) },
    at: 600,
    fires: [],
  },
];
