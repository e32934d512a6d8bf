import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HeaderMutationSchema } from "../../gen/envoy-api/envoy/config/common/mutation_rules/v3/mutation_rules_pb.ts";
import { HeaderValueOption_HeaderAppendAction } from "../../gen/envoy-api/envoy/config/core/v3/base_pb.ts";
import { HeaderMutationSchema as FilterSchema } from "../../gen/envoy-api/envoy/extensions/filters/http/header_mutation/v3/header_mutation_pb.ts";
import type { HttpFilterSchema } from "../../gen/envoy-api/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { extension, typed } from "./json.ts";

type Mutation = MessageInitShape<typeof HeaderMutationSchema>;

export interface HeaderOptions {
  /** Headers that no caller may set, by prefix; for example `x-internal-`. */
  stripRequestPrefixes?: string[];
  /** Set on every answer, Envoy's own included. */
  response?: Record<string, string>;
  /** Taken from every answer. */
  removeResponse?: string[];
}

/** What a browser is told about this site: HTTPS only for a year, no frames, no type guessing, no referrer elsewhere. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "x-xss-protection": "1; mode=block",
  "referrer-policy": "strict-origin-when-cross-origin",
};

/** Put it first: then it sees the request before, and the answer after, all other filters. */
export function headerFilter({ stripRequestPrefixes = [], response = {}, removeResponse = [] }: HeaderOptions) {
  const requestMutations = stripRequestPrefixes.map(removePrefix);
  const responseMutations = [
    ...removeResponse.map((name): Mutation => ({ action: { case: "remove", value: name } })),
    ...Object.entries(response).map(([name, value]) => set(name, value)),
  ];
  const filter: MessageInitShape<typeof HttpFilterSchema> = extension(
    "envoy.filters.http.header_mutation",
    typed(FilterSchema, { mutations: { requestMutations, responseMutations } }),
  );
  return filter;
}

/**
 * For requests on their way in: when this Envoy received the first of their headers, epoch seconds with milliseconds, whatever
 * the caller said. A deadline travels as what is left of it; by this a service knows how long a call has been on its way to it.
 */
export function receivedAt(key: string) {
  return overwritten(key, "%START_TIME(%s.%3f)%");
}

/** A header with this value, whatever it was before. */
export function overwritten(key: string, value: string) {
  return { header: { key, value }, appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD };
}

function removePrefix(prefix: string): Mutation {
  const keyMatcher = { matchPattern: { case: "prefix" as const, value: prefix }, ignoreCase: true };
  return { action: { case: "removeOnMatch", value: { keyMatcher } } };
}

function set(key: string, value: string): Mutation {
  return { action: { case: "append", value: overwritten(key, value) } };
}
