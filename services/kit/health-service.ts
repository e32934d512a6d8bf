import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/health/v1/health_pb.ts";
import type { HealthRegistry, HealthStatus, ServiceHealth } from "./health.ts";

/** Answer grpc.health.v1.Health (Check, Watch, List) from the registry. */
export function healthRoutes(router: ConnectRouter, health: HealthRegistry): void {
  router.service(Health, {
    check({ service }) {
      const found = health.get(service);
      if (!found) throw new ConnectError(`unknown service ${JSON.stringify(service)}`, Code.NotFound);
      return { status: toStatus(found.status) };
    },

    async *watch({ service }, { signal }) {
      for await (const status of health.watch(service, signal)) {
        yield { status: status ? toStatus(status) : Status.SERVICE_UNKNOWN };
      }
      signal.throwIfAborted();
    },

    list() {
      const entries: [string, ServiceHealth | undefined][] = [["", health.get("")], ...health.list()];
      return {
        statuses: Object.fromEntries(
          entries.map(([name, found]) => [name, { status: found ? toStatus(found.status) : Status.UNKNOWN }]),
        ),
      };
    },
  });
}

/** The body of GET /healthz. */
export function healthReport(health: HealthRegistry): ServiceHealth & { services: Record<string, ServiceHealth> } {
  const overall = health.get("") ?? { status: "NOT_SERVING" };
  return { ...overall, services: Object.fromEntries(health.list()) };
}

function toStatus(status: HealthStatus): Status {
  return status === "SERVING" ? Status.SERVING : Status.NOT_SERVING;
}
