import type { ProcessIdentity } from "./process-identity.ts";

/** How one process is: `starting` until it answers, `waiting` between a crash and its restart. */
export type ProcessState = "starting" | "running" | "waiting" | "stopping" | "stopped";

export interface ProcessStatus {
  name: string;
  state: ProcessState;
  pid?: number;
  /** Restarts since the mesh was started. */
  restarts: number;
  /** ISO time of the last change of state. */
  since: string;
  url?: string;
  /** Of a service: node, deno or bun. */
  runtime?: string;
}

/** Something worth knowing that happened, newest last. */
export interface MeshEvent {
  /** ISO time. */
  time: string;
  process?: string;
  message: string;
}

/** Content of `status.json`: rewritten whole at every change. */
export interface MeshStatus {
  launcher: ProcessIdentity;
  version: string;
  /** ISO time. */
  startedAt: string;
  /** `ready` once the edge's /ready has answered 200; `degraded` while a process is down after that. */
  state: "starting" | "ready" | "degraded" | "stopping" | "stopped";
  /** What listens where: edge, redirect, admin, mesh, monitor, postgres, valkey. */
  addresses: Record<string, string>;
  /** Where each process, and Envoy, tells its metrics. */
  metrics: Record<string, string>;
  processes: ProcessStatus[];
  /** The last 50. */
  events: MeshEvent[];
}
