import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
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

type Answer = MessageInitShape<typeof StreamEventsResponseSchema>;

/** Events of one stream that wait for their commit; no more are read meanwhile. */
const AHEAD = 512;

/** Refusals that are about the event. Others, PostgreSQL being away above all, end the stream. */
const OF_THE_EVENT: readonly Code[] = [Code.InvalidArgument, Code.AlreadyExists];

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
      const refusal = ConnectError.from(error);
      if (!OF_THE_EVENT.includes(refusal.code)) throw error;
      return { eventId, code: nameOf(refusal.code), message: refusal.rawMessage };
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

/** As Connect writes it: AlreadyExists is "already_exists". */
function nameOf(code: Code): string {
  return Code[code].replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
}
