import type { ActiveAlert } from "./alerts.ts";
import type { MESH_PARTS } from "./mesh-parts.ts";
import type { PostgresFigures } from "./postgres.ts";
import type { Finding, Probe } from "./probe.ts";
import type { RedisFigures } from "./redis-info.ts";
import type { SystemFigures } from "./system.ts";

/** Everything that is asked. */
export interface Probes {
  mesh: Record<(typeof MESH_PARTS)[number], Probe<void>>;
  envoy: Probe<void>;
  postgres: Probe<PostgresFigures>;
  /** Undefined: there is no cache to look at. */
  redis: Probe<RedisFigures> | undefined;
  models: Probe<Map<string, boolean>>;
  vectors: Probe<Map<string, number>>;
  alerts: Probe<ActiveAlert[]>;
  system: Probe<SystemFigures>;
}

/** What one look at everything found. */
export interface Facts {
  at: Date;
  /** By name: encoder, index, fusion, feedback, web, envoy, postgres, redis. */
  services: Map<string, Finding<unknown>>;
  postgres: Finding<PostgresFigures>;
  redis: Finding<RedisFigures> | undefined;
  models: Finding<Map<string, boolean>>;
  vectors: Finding<Map<string, number>>;
  alerts: Finding<ActiveAlert[]>;
  system: Finding<SystemFigures>;
}

/** Callers within this time share one look, so that many of them cost no more than one. */
const SHARED_MS = 250;

/** Looks at everything at once; as long as the slowest probe, which has a limit. */
export function createObserver(probes: Probes): () => Promise<Facts> {
  let look: Promise<Facts> | undefined;
  let endedAt = Number.NEGATIVE_INFINITY;
  let running = false;
  return () => {
    if (look !== undefined && (running || performance.now() - endedAt < SHARED_MS)) return look;
    running = true;
    look = lookAround(probes).finally(() => {
      running = false;
      endedAt = performance.now();
    });
    return look;
  };
}

async function lookAround(probes: Probes): Promise<Facts> {
  const meshParts = Object.entries(probes.mesh);
  const [mesh, envoy, postgres, redis, models, vectors, alerts, system] = await Promise.all([
    Promise.all(meshParts.map(([, probe]) => probe())),
    probes.envoy(),
    probes.postgres(),
    probes.redis?.(),
    probes.models(),
    probes.vectors(),
    probes.alerts(),
    probes.system(),
  ]);
  const services = new Map<string, Finding<unknown>>(meshParts.map(([name], i) => [name, mesh[i] as Finding<void>]));
  services.set("envoy", envoy).set("postgres", postgres);
  if (redis) services.set("redis", redis);
  return { at: new Date(), services, postgres, redis, models, vectors, alerts, system };
}
