import type { Ports } from "./plan.ts";
import type { LauncherConfig, ProcessName, Runtime } from "./settings.ts";

/** A process of this project, beside the programs of others. */
export interface ProcessEntry {
  /** Its entry point, from the root. */
  main: string;
  port: keyof Ports;
  metricsPort: keyof Ports;
  /** Its own setting of what runs it. */
  runtime: `${Uppercase<ProcessName>}_RUNTIME`;
  /** It is started once the database has its schema. */
  needsDatabase: boolean;
}

/** Every process of this project by its name. */
export const processes: Record<ProcessName, ProcessEntry> = {
  encoder: service("encoder", false),
  index: service("index", true),
  fusion: service("fusion", true),
  feedback: service("feedback", true),
  web: {
    main: "web/server/main.ts",
    port: "WEB_PORT",
    metricsPort: "WEB_METRICS_PORT",
    runtime: "WEB_RUNTIME",
    needsDatabase: false,
  },
  monitor: {
    main: "observability/monitor/main.ts",
    port: "MONITOR_RPC_PORT",
    metricsPort: "MONITOR_PORT",
    runtime: "MONITOR_RUNTIME",
    needsDatabase: false,
  },
};

function service(name: "encoder" | "index" | "fusion" | "feedback", needsDatabase: boolean): ProcessEntry {
  const upper = name.toUpperCase() as Uppercase<typeof name>;
  return {
    main: `services/${name}/main.ts`,
    port: `${upper}_PORT`,
    metricsPort: `${upper}_METRICS_PORT`,
    runtime: `${upper}_RUNTIME`,
    needsDatabase,
  };
}

/** How the further replicas of Index are named: the second one is at 0. */
export function replicaName(at: number): string {
  return `index-${at + 2}`;
}

/** What runs a process: its own setting, else the common one. */
export function runtimeOf(name: ProcessName, config: LauncherConfig): Runtime {
  return config[processes[name].runtime] ?? config.FLASHFIT_RUNTIME;
}
