import type { MessageInitShape } from "@bufbuild/protobuf";
import type { AccessLogFilterSchema } from "../../gen/envoy-api/envoy/config/accesslog/v3/accesslog_pb.ts";

/** Which calls an access log has lines of, or a local reply is for. */
export type LogFilter = MessageInitShape<typeof AccessLogFilterSchema>;

/** Calls that pass every one of them. */
export function all(filters: LogFilter[]): LogFilter {
  return { filterSpecifier: { case: "andFilter", value: { filters } } };
}

/** How a header is compared. */
export interface HeaderCondition {
  name: string;
  how: "exact" | "prefix" | "safeRegex";
  value: string;
  /** Calls whose header is not like this. Default false. */
  invertMatch?: boolean;
  /** Where there is none, compare an empty one. Default: a call without the header never passes. */
  treatMissingHeaderAsEmpty?: boolean;
}

/** Calls with such a header. */
export function header({ how, value, ...matcher }: HeaderCondition): LogFilter {
  const matchPattern = how === "safeRegex" ? { case: how, value: { regex: value } } : { case: how, value };
  const headerMatchSpecifier = { case: "stringMatch" as const, value: { matchPattern } };
  return { filterSpecifier: { case: "headerFilter", value: { header: { ...matcher, headerMatchSpecifier } } } };
}
