import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import type { UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { HealthRegistry } from "../health.ts";
import { healthReport } from "../health-service.ts";
import type { RequestWatcher } from "../http-metrics.ts";
import { bytesResponse, refusal } from "../http-refusal.ts";
import { jsonPage, type PageHandler, type Pages } from "../pages.ts";
import { connectDelete, connectGetUrl, mayBeDeleted } from "../plain-get.ts";
import type { Gate } from "../serve.ts";
import type { OpenCalls } from "./calls.ts";
import { RequestBody } from "./request-body.ts";
import type { RpcEntry, RpcTable } from "./rpc-table.ts";

/** A way to answer a request, whatever HTTP server brought it. */
export type Dispatch = (request: UniversalServerRequest) => Promise<UniversalServerResponse>;

export interface DispatchOptions {
  table: RpcTable;
  health: HealthRegistry;
  calls: OpenCalls;
  pages: Pages;
  /** Default: nobody watches. */
  watch?: RequestWatcher;
}

/** Who answers a request. */
interface Target {
  /** Its name in metrics. */
  endpoint: string;
  /** It has one answer that ends by itself. */
  timed: boolean;
  /** A drain waits for it. */
  counted: boolean;
  answer: Dispatch;
}

/** Brings a request to a page, to its RPC, or refuses it in its own protocol. */
export function createDispatch({ table, health, calls, pages, watch = () => () => {} }: DispatchOptions): Dispatch {
  const find = (url: URL, method: string): Target => {
    if (method === "GET" || method === "HEAD") {
      const page = url.pathname === "/healthz" ? healthPage(health) : pages(url.pathname);
      if (page) return pageTarget(page, url);
    }
    const entry = table.find(url.pathname);
    return entry ? rpcTarget(entry, url) : nowhere(url);
  };
  return async (request) => {
    const url = new URL(request.url);
    const target = find(url, request.method);
    const release = target.counted ? calls.begin() : () => {};
    const tell = watch({ method: request.method, endpoint: target.endpoint, timed: target.timed });
    const end = (status: number) => {
      release();
      tell(status);
    };
    try {
      const response = await target.answer(request);
      const { body, status } = response;
      if (!body) end(status);
      return body ? { ...response, body: withEnd(body, () => end(status)) } : response;
    } catch (error) {
      end(500);
      throw error;
    }
  };
}

function pageTarget({ endpoint, answer }: PageHandler, url: URL): Target {
  return {
    endpoint,
    timed: true,
    counted: true,
    async answer(request) {
      const { status, header, body } = await answer({ url, header: request.header });
      return bytesResponse(request, status, header, body);
    },
  };
}

function rpcTarget({ handler, auxiliary, gate }: RpcEntry, url: URL): Target {
  return {
    endpoint: handler.requestPath,
    timed: handler.method.methodKind === "unary",
    counted: !auxiliary,
    async answer(request) {
      const isDelete = request.method === "DELETE" && mayBeDeleted(handler.method);
      if (request.method !== "GET" && !isDelete) {
        return gate ? gated(request, gate, handler) : handler(request);
      }
      try {
        if (isDelete) return await handler(asPost(request, connectDelete(handler.method, url)));
        return await handler({ ...request, url: connectGetUrl(handler.method, url).href });
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        return refusal(request, error, 400);
      }
    },
  };
}

function asPost(request: UniversalServerRequest, { url, message }: ReturnType<typeof connectDelete>) {
  const header = new Headers(request.header);
  for (const name of ["content-length", "content-encoding"]) header.delete(name);
  header.set("content-type", "application/json");
  header.set("connect-protocol-version", "1");
  const bytes = new TextEncoder().encode(JSON.stringify(message));
  const body = (async function* () {
    yield bytes;
  })();
  return { ...request, method: "POST", url: url.href, header, body };
}

async function gated(request: UniversalServerRequest, gate: Gate, handler: Dispatch): Promise<UniversalServerResponse> {
  let contextValues: ContextValues | undefined;
  try {
    contextValues = gate(request);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    // An answer before the end of a request has Envoy reset the stream, and after some of those it gives up the connection.
    if (request.body instanceof RequestBody) await request.body.discard();
    return refusal(request, error);
  }
  return handler(contextValues ? { ...request, contextValues } : request);
}

function nowhere({ pathname }: URL): Target {
  return {
    endpoint: "other",
    timed: true,
    counted: false,
    answer: async (request) => refusal(request, new ConnectError(`unknown path ${pathname}`, Code.Unimplemented), 404),
  };
}

/** `/healthz`: what Envoy and container engines ask. */
function healthPage(health: HealthRegistry): PageHandler {
  return {
    endpoint: "/healthz",
    answer() {
      const report = healthReport(health);
      return jsonPage(report.status === "SERVING" ? 200 : 503, report);
    },
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
