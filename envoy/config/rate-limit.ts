import type { MessageInitShape } from "@bufbuild/protobuf";
import type { RateLimitSchema } from "../../gen/envoy-api/envoy/config/route/v3/route_components_pb.ts";
import { LocalRateLimitSchema } from "../../gen/envoy-api/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts";
import type { HttpFilterSchema } from "../../gen/envoy-api/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { FractionalPercent_DenominatorType } from "../../gen/envoy-api/envoy/type/v3/percent_pb.ts";
import { extension, seconds, typed } from "./json.ts";

export interface RateLimit {
  /** Calls a second, on average; above 0. */
  perSecond: number;
  /** Calls at once; at least 1. */
  burst: number;
  /** Addresses whose bucket is remembered; the one unused for longest goes first. Default 10,000. */
  addresses?: number;
}

/** The virtual host's part: each call is counted under its client's address. */
export const countByAddress: MessageInitShape<typeof RateLimitSchema> = {
  actions: [{ actionSpecifier: { case: "remoteAddress", value: {} } }],
};

/** A route's part, in place of the virtual host's: pages are counted apart from calls. */
export const countPagesByAddress: MessageInitShape<typeof RateLimitSchema> = {
  actions: [
    { actionSpecifier: { case: "genericKey", value: { descriptorValue: "page" } } },
    { actionSpecifier: { case: "remoteAddress", value: {} } },
  ],
};

/** Envoy refills no more often than this. */
const SHORTEST_FILL_SECONDS = 0.05;

/**
 * A token bucket for each client address, and another one for its pages, kept in this Envoy. What is over the limit is answered 429 (gRPC:
 * RESOURCE_EXHAUSTED) with retry-after and goes no further.
 */
export function localRateLimit(limit: RateLimit, pages: RateLimit = limit): MessageInitShape<typeof HttpFilterSchema> {
  const always = {
    defaultValue: { numerator: 100, denominator: FractionalPercent_DenominatorType.HUNDRED },
  };
  return extension(
    "envoy.filters.http.local_ratelimit",
    typed(LocalRateLimitSchema, {
      statPrefix: "edge_rate_limit",
      filterEnabled: always,
      filterEnforced: always,
      // Needed by Envoy, but never drawn from: calls without an address do not exist.
      tokenBucket: { maxTokens: 1_000_000_000, tokensPerFill: 1_000_000_000, fillInterval: seconds(1) },
      alwaysConsumeDefaultTokenBucket: false,
      // An entry without a value stands for every address, each with a bucket of its own.
      descriptors: [
        { entries: [{ key: "remote_address" }], tokenBucket: bucket(limit) },
        {
          entries: [{ key: "generic_key", value: "page" }, { key: "remote_address" }],
          tokenBucket: bucket(pages),
        },
      ],
      maxDynamicDescriptors: limit.addresses ?? 10_000,
      rateLimitedAsResourceExhausted: true,
      responseHeadersToAdd: [{ header: { key: "retry-after", value: String(retryAfterSeconds(limit)) } }],
    }),
  );
}

/** Whole seconds after which at least one call is let through again. */
export function retryAfterSeconds({ perSecond }: RateLimit): number {
  return Math.max(1, Math.ceil(1 / perSecond));
}

/** One token at a time, or more if that would be oftener than Envoy can. */
export function bucket({ perSecond, burst }: RateLimit) {
  if (!(perSecond > 0)) throw new RangeError(`expected a rate above 0 calls a second, got ${perSecond}`);
  const tokens = Math.max(1, Math.ceil(perSecond * SHORTEST_FILL_SECONDS));
  return { maxTokens: Math.max(burst, tokens), tokensPerFill: tokens, fillInterval: seconds(tokens / perSecond) };
}
