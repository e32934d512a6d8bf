import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { PageHandler, Pages } from "./pages.ts";

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

/** `GET /metrics` in Prometheus' text format, and `pages` if given, on each of `ports` (0: any free one). */
export async function serveMetrics(o: {
  registry: Registry;
  host: string;
  ports: number[];
  pages?: Pages;
}): Promise<MetricsServer> {
  const metrics: PageHandler = {
    endpoint: "/metrics",
    answer: async () => ({
      status: 200,
      header: { "content-type": o.registry.contentType },
      body: new TextEncoder().encode(await o.registry.metrics()),
    }),
  };
  const servers = o.ports.map(() =>
    createServer({ headersTimeout: 5000, requestTimeout: 10_000 }, (request, response) => {
      const say = (status: number, text: string) =>
        response.writeHead(status, { "content-type": "text/plain" }).end(`${text}\n`);
      const url = URL.parse(request.url ?? "/", "http://metrics");
      const found = url === null ? undefined : url.pathname === "/metrics" ? metrics : o.pages?.(url.pathname);
      if (!url || !found || request.method !== "GET") {
        say(404, "only GET /metrics is here");
        return;
      }
      Promise.resolve()
        .then(() => found.answer({ url, header: new Headers() }))
        .then(
          ({ status, header, body }) => response.writeHead(status, header).end(body),
          (error: unknown) => say(500, String(error)),
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
