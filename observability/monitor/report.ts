import type { Facts } from "./observer.ts";
import type { Finding } from "./probe.ts";

/** How one part is, as `/health` and `/ready` show it. */
export interface PartReport {
  status: "up" | "slow" | "down";
  /** Time of its last answer, or of the wait for it, milliseconds. */
  ms: number;
  /** Why it is down. */
  reason?: string;
}

/** Body of `GET /health`; a figure that could not be had is null. */
export interface HealthReport {
  /** `degraded`: answers come, but something is down or slow; `unhealthy`: no answers. */
  status: "healthy" | "degraded" | "unhealthy";
  /** ISO time. */
  timestamp: string;
  version: string;
  system: { cpu_percent: number | null; memory_percent: number | null; disk_percent: number | null };
  models: { clip_loaded: boolean; blip_loaded: boolean; fashion_loaded: boolean };
  vector_stores: {
    clip_index_size: number | null;
    blip_index_size: number | null;
    fashion_index_size: number | null;
  };
  services: Record<string, PartReport>;
}

/** Body of `GET /ready`. */
export interface ReadyReport {
  status: "ready" | "not_ready";
  timestamp: string;
  version: string;
  checks: { models_loaded: boolean; vector_stores_ready: boolean; database_connected: boolean };
  services: Record<string, PartReport>;
}

/** Without one of these there is no recommendation at all. */
const VITAL = ["fusion", "encoder", "index", "envoy", "postgres"];
/** The processes that have to run for the mesh to take every kind of call. */
const NEEDED = ["encoder", "index", "fusion", "feedback"];
const MODELS = ["clip", "blip", "fashion"] as const;

/** `/health`: 503 only if no answer can come. */
export function healthReport(facts: Facts, version: string): { status: number; body: HealthReport } {
  const isDown = (name: string) => facts.services.get(name)?.status === "down";
  const whole = [...facts.services.values()].every(({ status }) => status === "up") && allLoaded(facts);
  const status = VITAL.some(isDown) ? "unhealthy" : whole ? "healthy" : "degraded";
  const system = value(facts.system);
  const vectors = value(facts.vectors);
  return {
    status: status === "unhealthy" ? 503 : 200,
    body: {
      status,
      timestamp: facts.at.toISOString(),
      version,
      system: {
        cpu_percent: tenth(system?.cpuPercent),
        memory_percent: tenth(system?.memoryPercent),
        disk_percent: tenth(system?.diskPercent),
      },
      models: {
        clip_loaded: isLoaded(facts, "clip"),
        blip_loaded: isLoaded(facts, "blip"),
        fashion_loaded: isLoaded(facts, "fashion"),
      },
      vector_stores: {
        clip_index_size: vectors?.get("clip") ?? null,
        blip_index_size: vectors?.get("blip") ?? null,
        fashion_index_size: vectors?.get("fashion") ?? null,
      },
      services: partReports(facts),
    },
  };
}

/** `/ready`: 503 unless every service runs, every model is loaded and the database answers. */
export function readyReport(facts: Facts, version: string): { status: number; body: ReadyReport } {
  const vectors = value(facts.vectors);
  const checks = {
    models_loaded: allLoaded(facts),
    vector_stores_ready: MODELS.every((model) => vectors?.has(model)),
    database_connected: facts.postgres.status !== "down",
  };
  const running = NEEDED.every((name) => facts.services.get(name)?.status !== "down");
  const ready = running && Object.values(checks).every(Boolean);
  return {
    status: ready ? 200 : 503,
    body: {
      status: ready ? "ready" : "not_ready",
      timestamp: facts.at.toISOString(),
      version,
      checks,
      services: partReports(facts),
    },
  };
}

function isLoaded(facts: Facts, model: string): boolean {
  return value(facts.models)?.get(model) === true;
}

function allLoaded(facts: Facts): boolean {
  return MODELS.every((model) => isLoaded(facts, model));
}

function partReports(facts: Facts): Record<string, PartReport> {
  return Object.fromEntries([...facts.services].map(([name, finding]) => [name, partReport(finding)]));
}

function partReport(finding: Finding<unknown>): PartReport {
  const report = { status: finding.status, ms: tenth(finding.ms) ?? 0 };
  return finding.status === "down" ? { ...report, reason: finding.reason } : report;
}

function value<T>(finding: Finding<T>): T | undefined {
  return finding.status === "down" ? undefined : finding.value;
}

/** A JSON number with one digit behind the point. */
function tenth(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 10) / 10;
}
