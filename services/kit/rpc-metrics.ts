import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BYTES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

/**
 * Count, time and size every call, seen from the `server` or the `client`:
 * `rpc_<side>_requests_total{method,code}`, `rpc_<side>_duration_seconds{method,code}`, `rpc_<side>_in_flight{method}`,
 * `rpc_<side>_request_bytes{method}`, `rpc_<side>_response_bytes{method}` (payload of a message, before compression).
 * A stream counts when it ends, each of its messages in the sizes.
 */
export function rpcMetricsInterceptor(side: "server" | "client", registry: Registry): Interceptor {
  const registers = [registry];
  const requests = new Counter({
    name: `rpc_${side}_requests_total`,
    help: `calls, ${side} side`,
    labelNames: ["rpc_service", "method", "code"],
    registers,
  });
  const duration = new Histogram({
    name: `rpc_${side}_duration_seconds`,
    help: `time of a call, ${side} side`,
    labelNames: ["rpc_service", "method", "code"],
    buckets: SECONDS,
    registers,
  });
  const inFlight = new Gauge({
    name: `rpc_${side}_in_flight`,
    help: `calls under way, ${side} side`,
    labelNames: ["rpc_service", "method"],
    registers,
  });
  const requestBytes = new Histogram({
    name: `rpc_${side}_request_bytes`,
    help: "size of a request message",
    labelNames: ["rpc_service", "method"],
    buckets: BYTES,
    registers,
  });
  const responseBytes = new Histogram({
    name: `rpc_${side}_response_bytes`,
    help: "size of a response message",
    labelNames: ["rpc_service", "method"],
    buckets: BYTES,
    registers,
  });

  return (next) => async (request) => {
    const labels = { rpc_service: request.service.typeName, method: request.method.name };
    const sent = (message: Message) => requestBytes.observe(labels, payloadBytes(message));
    const received = (message: Message) => responseBytes.observe(labels, payloadBytes(message));
    const stop = duration.startTimer(labels);
    inFlight.inc(labels);
    const end = (error?: unknown) => {
      const code = error === undefined ? "ok" : snakeCase(Code[ConnectError.from(error).code] ?? "Unknown");
      inFlight.dec(labels);
      requests.inc({ ...labels, code });
      stop({ code });
    };
    try {
      if (!request.stream) {
        sent(request.message);
        const answer = await next(request);
        if (!answer.stream) received(answer.message);
        end();
        return answer;
      }
      const answer = await next({ ...request, message: tap(request.message, sent) } as typeof request);
      return answer.stream ? { ...answer, message: tap(answer.message, received, end) } : answer;
    } catch (error) {
      end(error);
      throw error;
    }
  };
}

/** Pass a stream on, looking at each message; `end` is told once how it ended. */
async function* tap<T extends Message>(
  source: AsyncIterable<T>,
  look: (message: T) => void,
  end?: (error?: unknown) => void,
): AsyncGenerator<T, void> {
  let failure: unknown;
  try {
    for await (const message of source) {
      look(message);
      yield message;
    }
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    end?.(failure);
  }
}

/** Bytes of what a message holds, not counting tags and lengths: cheap, and right where it matters, for photos and vectors. */
function payloadBytes(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== "object") return value === undefined ? 0 : 4;
  // Loops: of a list of a hundred this is a visible part of what its call costs.
  let sum = 0;
  if (Array.isArray(value)) for (const item of value) sum += payloadBytes(item);
  else if (value !== null) {
    for (const key of Object.keys(value)) {
      if (!key.startsWith("$") && key !== "case") sum += payloadBytes((value as Record<string, unknown>)[key]);
    }
  }
  return sum;
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}
