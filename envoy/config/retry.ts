import { create } from "@bufbuild/protobuf";
import { type RetryPolicy, RetryPolicySchema } from "../../gen/envoy-api/envoy/config/route/v3/route_components_pb.ts";
import { seconds } from "./json.ts";

export interface RetryOptions {
  /** Further tries after the first. Default 7: with the back-off about three seconds, a restart of a process. */
  retries?: number;
  /** Whether an answer "unavailable" (HTTP 503, gRPC status 14) is tried again too, not only a broken connection. */
  unavailable: boolean;
}

/** For calls that may be repeated: exponential back-off with jitter from 100 ms, at most 1 s. */
export function retryPolicy({ retries = 7, unavailable }: RetryOptions): RetryPolicy {
  const connection = "connect-failure,refused-stream,reset";
  return create(RetryPolicySchema, {
    retryOn: unavailable ? `${connection},retriable-status-codes,unavailable` : connection,
    retriableStatusCodes: unavailable ? [503] : [],
    numRetries: retries,
    retryBackOff: { baseInterval: seconds(0.1), maxInterval: seconds(1) },
  });
}
