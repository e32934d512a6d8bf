import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { HealthRegistry } from "../health.ts";
import { healthReport } from "../health-service.ts";
import { jsonResponse, refusal } from "../http-refusal.ts";
import { connectGetUrl } from "../plain-get.ts";
import type { OpenCalls } from "./calls.ts";
import type { RpcTable } from "./rpc-table.ts";

/** A way to answer a request, whatever HTTP server brought it. */
export type Dispatch = (request: UniversalServerRequest) => Promise<UniversalServerResponse>;

/** Bring a request to /healthz, to its RPC, or refuse it in its own protocol. */
export function createDispatch(table: RpcTable, health: HealthRegistry, calls: OpenCalls): Dispatch {
  return async (request) => {
    const url = new URL(request.url);
    const readOnly = request.method === "GET" || request.method === "HEAD";
    if (url.pathname === "/healthz" && readOnly) {
      const report = healthReport(health);
      return jsonResponse(request, report.status === "SERVING" ? 200 : 503, report);
    }
    const entry = table.find(url.pathname);
    if (!entry) {
      return refusal(request, new ConnectError(`unknown path ${url.pathname}`, Code.Unimplemented), 404);
    }
    let toHandler = request;
    if (request.method === "GET") {
      try {
        toHandler = { ...request, url: connectGetUrl(entry.handler.method, url).href };
      } catch (error) {
        return refusal(request, ConnectError.from(error), 400);
      }
    }
    const end = entry.auxiliary ? () => {} : calls.begin();
    try {
      const response = await entry.handler(toHandler);
      if (!response.body) end();
      return response.body ? { ...response, body: withEnd(response.body, end) } : response;
    } catch (error) {
      end();
      throw error;
    }
  };
}

/** Pass a body on and tell when it is over, however it ends. */
async function* withEnd<T>(body: AsyncIterable<T>, end: () => void): AsyncGenerator<T> {
  try {
    yield* body;
  } finally {
    end();
  }
}
