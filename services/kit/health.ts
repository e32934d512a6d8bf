/** What a service can say of itself; gRPC's UNKNOWN and SERVICE_UNKNOWN are answers about names nobody registered. */
export type HealthStatus = "SERVING" | "NOT_SERVING";

/** The state of one service and, when it is not serving, why. */
export interface ServiceHealth {
  status: HealthStatus;
  reason?: string;
}

/** The name that stands for the whole process in gRPC health. */
export const OVERALL = "";

/**
 * The health of every service of this process, by full type name ("grpc.health.v1.Health").
 *
 * The overall status, name "", follows the others: NOT_SERVING while any is, or while nothing is registered.
 * Setting "" itself to NOT_SERVING (a process that drains) makes every service NOT_SERVING until it is set back.
 */
export class HealthRegistry {
  readonly #services = new Map<string, ServiceHealth>();
  readonly #watchers = new Set<() => void>();
  #override: ServiceHealth | undefined;

  /** Register a service, or change what it says. `reason` is shown at /healthz. */
  set(service: string, status: HealthStatus, reason?: string): void {
    const health: ServiceHealth = reason === undefined ? { status } : { status, reason };
    if (service === OVERALL) {
      this.#override = status === "NOT_SERVING" ? health : undefined;
    } else {
      this.#services.set(service, health);
    }
    for (const wake of [...this.#watchers]) wake();
  }

  /** The state of a service, or of the process for "". Undefined for a name that was never set. */
  get(service: string): ServiceHealth | undefined {
    if (service !== OVERALL) {
      const own = this.#services.get(service);
      return own && (this.#override ?? own);
    }
    if (this.#override) return this.#override;
    const down = [...this.#services].filter(([, { status }]) => status !== "SERVING");
    if (this.#services.size > 0 && down.length === 0) return { status: "SERVING" };
    const reason = down.map(([name, health]) => (health.reason ? `${name}: ${health.reason}` : name)).join("; ");
    return { status: "NOT_SERVING", reason: reason || "no service is registered yet" };
  }

  /** All services with their state, without the overall one. */
  list(): Map<string, ServiceHealth> {
    return new Map([...this.#services.keys()].map((name) => [name, this.get(name) as ServiceHealth]));
  }

  /**
   * The status of a service now and after every change, until `signal` is aborted.
   * An unregistered name gives undefined, and its status once it is registered. Changes faster than
   * the reader are folded: it gets the newest.
   */
  async *watch(service: string, signal: AbortSignal): AsyncGenerator<HealthStatus | undefined, void> {
    let wake = () => {};
    const onChange = () => wake();
    this.#watchers.add(onChange);
    signal.addEventListener("abort", onChange);
    try {
      let told: HealthStatus | "untold" | undefined = "untold";
      while (!signal.aborted) {
        const change = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const status = this.get(service)?.status;
        if (status !== told) {
          told = status;
          yield status;
        } else {
          await change;
        }
      }
    } finally {
      this.#watchers.delete(onChange);
      signal.removeEventListener("abort", onChange);
    }
  }
}
