import { z } from "zod";

/** An alert that Prometheus holds to be active. */
export interface ActiveAlert {
  name: string;
  /** critical, warning, or what else its rule says. */
  severity: string;
  /** `pending` until it has held for its time. */
  state: "pending" | "firing";
  /** ISO time. */
  since: string;
  summary: string;
  description: string;
  labels: Record<string, string>;
}

const answer = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        state: z.enum(["pending", "firing"]),
        activeAt: z.string(),
      }),
    ),
  }),
});

/** Active alerts of a Prometheus (https://prometheus.io/docs/prometheus/latest/querying/api/#alerts). */
export async function readAlerts(prometheusUrl: string, signal: AbortSignal): Promise<ActiveAlert[]> {
  const response = await fetch(new URL("/api/v1/alerts", prometheusUrl), { signal });
  if (!response.ok) throw new Error(`expected 200, got ${response.status}`);
  return parseAlerts(await response.json());
}

/** @throws ZodError if this is no answer to /api/v1/alerts. */
export function parseAlerts(json: unknown): ActiveAlert[] {
  return answer.parse(json).data.alerts.map(({ labels, annotations, state, activeAt }) => ({
    name: labels.alertname ?? "",
    severity: labels.severity ?? "",
    state,
    since: activeAt,
    summary: annotations.summary ?? "",
    description: annotations.description ?? "",
    labels,
  }));
}

/** Severities that somebody has to care about; the dead man's switch, which always fires, has none of them. */
export const SEVERITIES = ["critical", "warning"] as const;

/** How many fire, by severity. */
export function countFiring(alerts: ActiveAlert[]): Record<(typeof SEVERITIES)[number], number> {
  const firing = (severity: string) =>
    alerts.filter((alert) => alert.state === "firing" && alert.severity === severity).length;
  return { critical: firing("critical"), warning: firing("warning") };
}
