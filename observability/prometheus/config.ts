/** Something that has metrics. */
export interface Target {
  /** Becomes the label `service`, unless what it exports says otherwise. */
  name: string;
  /** Full URL of its metrics. */
  url: string;
}

export interface PrometheusOptions {
  /** Processes of the mesh: encoder, index, fusion, feedback, web, monitor, envoy. */
  mesh: Target[];
  /** Prometheus itself and Alertmanager, as far as there are any. */
  own: Target[];
  /** host:port of Alertmanager; none: alerts are shown, but sent nowhere. */
  alertmanager?: string;
  /** Default 15s: scrapes of `own`. */
  globalInterval?: string;
  /** Default 10s: scrapes of the mesh, and evaluation of the rules. */
  serviceInterval?: string;
}

/** Our services' jobs are named with the project; what is not ours has its own name. */
const FOREIGN = ["envoy", "prometheus", "alertmanager"];

/** A scrape that takes longer has failed; never longer than the interval. */
const LONGEST_SCRAPE_S = 10;

/** The job under which a process is scraped: flashfit-index, envoy, … */
export function jobOf(name: string): string {
  return FOREIGN.includes(name) ? name : `flashfit-${name}`;
}

/** Prometheus' configuration, as the object that stands in prometheus.yml. */
export function prometheusConfig(options: PrometheusOptions): object {
  const { mesh, own, alertmanager, globalInterval = "15s", serviceInterval = "10s" } = options;
  return {
    global: {
      scrape_interval: globalInterval,
      scrape_timeout: scrapeTimeout(globalInterval),
      evaluation_interval: serviceInterval,
    },
    rule_files: ["alert_rules.yml"],
    alerting: { alertmanagers: [{ static_configs: [{ targets: alertmanager === undefined ? [] : [alertmanager] }] }] },
    scrape_configs: [
      ...mesh.map((target) => ({
        ...job(target),
        scrape_interval: serviceInterval,
        scrape_timeout: scrapeTimeout(serviceInterval),
        honor_labels: true, // the monitor's series carry the name of the service that was checked
      })),
      ...own.map(job),
      // Optional: a machine's own exporter is added by writing its address into a file, without a restart.
      { job_name: "node-exporter", file_sd_configs: [{ files: ["node-exporter/*.json"] }] },
    ],
  };
}

function job({ name, url }: Target): Record<string, unknown> {
  const { protocol, host, pathname } = new URL(url);
  return {
    job_name: jobOf(name),
    ...(pathname === "/metrics" ? {} : { metrics_path: pathname }),
    ...(protocol === "https:" ? { scheme: "https" } : {}),
    static_configs: [{ targets: [host], labels: { service: name } }],
  };
}

function scrapeTimeout(interval: string): string {
  return seconds(interval) > LONGEST_SCRAPE_S ? `${LONGEST_SCRAPE_S}s` : interval;
}

/** "1m30s" → 90. Units as in Prometheus' configuration, up to days. */
export function seconds(duration: string): number {
  const unit = { d: 86_400, h: 3600, m: 60, s: 1, ms: 0.001 };
  const parts = [...duration.matchAll(/(\d+)(ms|d|h|m|s)/g)];
  if (parts.map(([text]) => text).join("") !== duration || duration === "")
    throw new RangeError(`expected a duration like 10s, 1m30s or 500ms, got "${duration}"`);
  return parts.reduce((sum, [, count, name]) => sum + Number(count) * unit[name as keyof typeof unit], 0);
}
