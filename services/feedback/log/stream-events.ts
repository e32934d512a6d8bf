import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type Event,
  EventSchema,
  type StreamEventsRequest,
  type StreamEventsResponseSchema,
} from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { invalidArgument } from "../../kit/errors.ts";
import { mapInOrder } from "../../kit/map-in-order.ts";
import { validate } from "../../kit/validation.ts";
import type { SentEvent } from "./event.ts";
import type { LogWriter } from "./log-writer.ts";
import { parseEvents } from "./parse-events.ts";
import { refusalOfOne } from "./refusal.ts";

type Answer = MessageInitShape<typeof StreamEventsResponseSchema>;

/** Events of one stream that wait for their commit; no more are read meanwhile. */
const AHEAD = 512;

/** One answer an event, in their order, each after its commit. */
export function streamEvents(
  requests: AsyncIterable<StreamEventsRequest>,
  writer: Pick<LogWriter, "recordEvents">,
  parse: (event: Event) => SentEvent,
): AsyncGenerator<Answer, void> {
  return mapInOrder(requests, AHEAD, async ({ event }): Promise<Answer> => {
    const eventId = event?.eventId ?? "";
    try {
      const { recorded } = await writer.recordEvents([parse(checked(event))]);
      return { eventId, recorded: recorded === 1, duplicate: recorded === 0 };
    } catch (error) {
      return { eventId, ...refusalOfOne(error) };
    }
  });
}

/** Parse one event of a stream. */
export function parseStreamed(event: Event, nowMs: number, maxAheadMs: number): SentEvent {
  return parseEvents([event], () => "event", nowMs, maxAheadMs)[0]!;
}

function checked(event: Event | undefined): Event {
  if (event === undefined) throw invalidArgument("event", "value is required");
  validate(EventSchema, event, "event");
  return event;
}
