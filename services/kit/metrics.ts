import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Registry } from "prom-client";

export { Counter, Gauge, Histogram, Registry } from "prom-client";

/** A registry of this process with the runtime's own metrics; every series carries `service`. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Where metrics are served, and how that ends. */
export interface MetricsServer {
  urls: string[];
  close(): Promise<void>;
}

/** `GET /metrics` in Prometheus' text format on each of `ports` (0: any free one). */
export async function serveMetrics(o: { registry: Registry; host: string; ports: number[] }): Promise<MetricsServer> {
  const servers = o.ports.map(() =>
    createServer({ headersTimeout: 5000, requestTimeout: 10_000 }, (request, response) => {
      if (request.url !== "/metrics" || request.method !== "GET") {
        response.writeHead(404, { "content-type": "text/plain" }).end("only GET /metrics is here\n");
        return;
      }
      o.registry.metrics().then(
        (text) => response.writeHead(200, { "content-type": o.registry.contentType }).end(text),
        (error: unknown) => response.writeHead(500, { "content-type": "text/plain" }).end(`${error}\n`),
      );
    }),
  );
  const urls = await Promise.all(
    servers.map(
      (server, i) =>
        new Promise<string>((resolve, reject) => {
          server.once("error", reject);
          server.listen(o.ports[i], o.host, () =>
            resolve(`http://${o.host}:${(server.address() as AddressInfo).port}/metrics`),
          );
        }),
    ),
  );
  return {
    urls,
    async close() {
      for (const server of servers) server.closeAllConnections?.();
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}
