import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EventSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { timestampFromMicros } from "../../kit/timestamp.ts";
import type { StoredEvent } from "./event.ts";

/** An event of the log as callers get it. */
export function eventMessage({
  seq: _,
  occurredAtMicros,
  ...event
}: StoredEvent): MessageInitShape<typeof EventSchema> {
  return { ...event, occurredAt: timestampFromMicros(occurredAtMicros) };
}
