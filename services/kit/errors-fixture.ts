import type { ConnectError } from "@connectrpc/connect";
import { ConformanceService } from "../../test/conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { meshClient } from "./client.ts";
import { errorInterceptor } from "./error-mapping.ts";
import { HealthRegistry } from "./health.ts";
import { createLogger } from "./log.ts";
import { createServer, implement } from "./serve.ts";

/** For tests: the error that a caller gets, over a real socket, when a handler throws `make()`. */
export async function startFailing(
  { teardown }: { teardown(end: () => unknown): void },
  make: () => unknown,
): Promise<ConnectError> {
  const server = await createServer({
    name: "failing",
    host: "127.0.0.1",
    port: 0,
    services: [ConformanceService],
    health: new HealthRegistry(),
    interceptors: [errorInterceptor(createLogger({ service: "failing", level: "silent" }))],
  });
  teardown(() => server.stop(0));
  server.install([
    implement(ConformanceService, {
      unary() {
        throw make();
      },
    }),
  ]);
  const client = meshClient(ConformanceService, { baseUrl: server.url });
  return (await client.unary({}).catch((e: unknown) => e)) as ConnectError;
}
