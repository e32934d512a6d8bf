import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One alert as Alertmanager told it. */
export interface ToldAlert {
  status: "firing" | "resolved";
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** A real HTTP receiver for Alertmanager's webhooks. */
export interface TestWebhook {
  url: string;
  /** Everything that was told so far, oldest first. */
  told: ToldAlert[];
  /** Resolves with the first alert with these labels and this status, told before or from now on. */
  arrival(status: ToldAlert["status"], labels: Record<string, string>, withinMs: number): Promise<ToldAlert>;
  stop(): Promise<void>;
}

export async function startWebhook(): Promise<TestWebhook> {
  const told: ToldAlert[] = [];
  const looks = new Set<() => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      told.push(...(JSON.parse(Buffer.concat(chunks).toString()) as { alerts: ToldAlert[] }).alerts);
      for (const look of [...looks]) look();
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    told,
    arrival(status, labels, withinMs) {
      return new Promise((resolve, reject) => {
        const end = (act: () => void) => {
          clearTimeout(timer);
          looks.delete(look);
          act();
        };
        const look = () => {
          const found = told.find((alert) => alert.status === status && has(alert.labels, labels));
          if (found !== undefined) end(() => resolve(found));
        };
        const timer = setTimeout(() => {
          const seen = told.map(({ status, labels: l }) => `${l.alertname}{${l.service},${l.severity}} ${status}`);
          const wanted = `${JSON.stringify(labels)} ${status}`;
          end(() => reject(new Error(`${wanted} did not arrive within ${withinMs} ms; told: ${seen.join(", ")}`)));
        }, withinMs);
        looks.add(look);
        look();
      });
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function has(labels: Record<string, string>, wanted: Record<string, string>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
