import type { DescMethod, Message } from "@bufbuild/protobuf";
import { type Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import type { Registry } from "prom-client";
import { type Count, CounterFamily, type Distribution, GaugeFamily, HistogramFamily } from "./series.ts";
import { keepsRequest } from "./serve/lean/kept-request.ts";
import { UnaryCall } from "./serve/lean/unary-call.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const BYTES = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

/**
 * Count, time and size every call, seen from the `server` or the `client`:
 * `rpc_<side>_requests_total{method,code}`, `rpc_<side>_duration_seconds{method,code}`, `rpc_<side>_in_flight{method}`,
 * `rpc_<side>_request_bytes{method}`, `rpc_<side>_response_bytes{method}` (of a lean call the body, before compression; of others what
 * the message holds).
 * A stream counts when it ends, each of its messages in the sizes.
 */
export function rpcMetricsInterceptor(side: "server" | "client", registry: Registry): Interceptor {
  const seriesOf = methodSeries(side, registry);
  return keepsRequest((next) => {
    const [lean, other] = [countLean(next, seriesOf), countOther(next, seriesOf)];
    return (request) => (request instanceof UnaryCall ? lean(request) : other(request));
  });
}

function countLean(next: Next, seriesOf: SeriesOf) {
  return async (request: UnaryCall) => {
    const series = seriesOf(request.method);
    const began = performance.now();
    let code: Code | undefined;
    series.inFlight.value += 1;
    series.requestBytes.observe(request.requestBytes);
    request.onAnswer = series.answered;
    try {
      return await next(request);
    } catch (error) {
      code = ConnectError.from(error).code;
      throw error;
    } finally {
      ended(series, began, code);
    }
  };
}

function countOther(next: Next, seriesOf: SeriesOf): Next {
  return async (request) => {
    const series = seriesOf(request.method);
    const sent = (message: Message) => series.requestBytes.observe(payloadBytes(message));
    const received = (message: Message) => series.responseBytes.observe(payloadBytes(message));
    const began = performance.now();
    series.inFlight.value += 1;
    const end = (error?: unknown) =>
      ended(series, began, error === undefined ? undefined : ConnectError.from(error).code);
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

function ended({ inFlight, withCode }: MethodSeries, began: number, code: Code | undefined): void {
  inFlight.value -= 1;
  const { requests, duration } = withCode(code);
  requests.value += 1;
  duration.observe((performance.now() - began) / 1000);
}

type Next = Parameters<Interceptor>[0];
type SeriesOf = (method: DescMethod) => MethodSeries;

/** The series of a method. */
interface MethodSeries {
  inFlight: Count;
  requestBytes: Distribution;
  responseBytes: Distribution;
  /** Notes the size of a lean call's answer. */
  answered(bytes: number): void;
  /** Those of calls that ended so; undefined: well. */
  withCode(code: Code | undefined): { requests: Count; duration: Distribution };
}

/** The series of each method, looked up by their labels once. */
function methodSeries(side: "server" | "client", registry: Registry): SeriesOf {
  const labelNames = ["rpc_service", "method"];
  const withCode = [...labelNames, "code"];
  const metric = (name: string, help: string, labelNames: string[]) => {
    return { name: `rpc_${side}_${name}`, help, labelNames, registry };
  };
  const requests = new CounterFamily(metric("requests_total", `calls, ${side} side`, withCode));
  const duration = new HistogramFamily({
    ...metric("duration_seconds", `time of a call, ${side} side`, withCode),
    buckets: SECONDS,
  });
  const inFlight = new GaugeFamily(metric("in_flight", `calls under way, ${side} side`, labelNames));
  const bytes = { labelNames, buckets: BYTES };
  const requestBytes = new HistogramFamily({
    ...metric("request_bytes", "size of a request message", labelNames),
    ...bytes,
  });
  const responseBytes = new HistogramFamily({
    ...metric("response_bytes", "size of a response message", labelNames),
    ...bytes,
  });

  const make = ({ parent: { typeName }, name }: DescMethod): MethodSeries => {
    const byCode = new Map<Code | undefined, ReturnType<MethodSeries["withCode"]>>();
    const answerBytes = responseBytes.of(typeName, name);
    return {
      inFlight: inFlight.of(typeName, name),
      requestBytes: requestBytes.of(typeName, name),
      responseBytes: answerBytes,
      answered: (bytes) => answerBytes.observe(bytes),
      withCode(code) {
        let found = byCode.get(code);
        if (!found) {
          const label = code === undefined ? "ok" : codeToString(code);
          found = { requests: requests.of(typeName, name, label), duration: duration.of(typeName, name, label) };
          byCode.set(code, found);
        }
        return found;
      },
    };
  };
  const known = new Map<DescMethod, MethodSeries>();
  return (method) => {
    let found = known.get(method);
    if (!found) {
      found = make(method);
      known.set(method, found);
    }
    return found;
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

/**
 * Bytes of what a message holds, not counting tags and lengths: cheap, and right where it matters, for photos and vectors.
 * Fields that it holds as they stand on the wire (`$unknown`) count as well.
 */
function payloadBytes(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object") return value === undefined ? 0 : 4;
  if (value === null) return 0;
  if (value instanceof Uint8Array) return value.byteLength;
  let sum = 0;
  if (Array.isArray(value)) {
    for (const item of value) sum += payloadBytes(item);
    return sum;
  }
  for (const key of Object.keys(value)) {
    if (key === "$unknown" || (!key.startsWith("$") && key !== "case"))
      sum += payloadBytes((value as Record<string, unknown>)[key]);
  }
  return sum;
}
