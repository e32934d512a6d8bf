import fc from "fast-check";
import t from "tap";
import { timestampFromMicros } from "../../kit/timestamp.ts";
import { distinctEvents, EventConflict, type SentEvent } from "./event.ts";
import { eventMicros } from "./event-time.ts";
import { readPageToken, writePageToken } from "./page-token.ts";

const event: fc.Arbitrary<SentEvent> = fc.record({
  eventId: fc.constantFrom("a", "b", "c"),
  userId: fc.constant("u"),
  itemId: fc.constantFrom("x", "y"),
  action: fc.constantFrom(1 as const, 2 as const),
  rating: fc.constant(0),
  recommendationId: fc.constant(""),
  occurredAtMicros: fc.constantFrom(undefined, 5n),
});

t.test("distinct events name each id once, or there is a conflict", async () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), (events) => {
      const contents = new Map(events.map((one) => [one.eventId, new Set<string>()]));
      for (const one of events) contents.get(one.eventId)!.add(`${one.itemId} ${one.action}`);
      const conflict = [...contents.values()].some((different) => different.size > 1);
      try {
        const ids = distinctEvents(events).map((one) => one.eventId);
        return !conflict && ids.join() === [...contents.keys()].join();
      } catch (error) {
        return conflict && error instanceof EventConflict;
      }
    }),
  );
});

t.test("times go to microseconds and back", async () => {
  const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
  fc.assert(fc.property(micros, (time) => eventMicros(timestampFromMicros(time), 253_402_300_800_000, 0) === time));
});

t.test("a page token means the same end again, for the same person only", async () => {
  const end = fc.record({
    occurredAtMicros: fc.bigInt(-(10n ** 17n), 10n ** 17n),
    seq: fc.bigInt(1n, 10n ** 18n - 1n),
  });
  fc.assert(
    fc.property(end, fc.string(), (page, user) => {
      const token = writePageToken(page, user);
      const read = readPageToken(token, user);
      return (
        read?.seq === page.seq &&
        read.occurredAtMicros === page.occurredAtMicros &&
        readPageToken(token, `${user}2`) === undefined
      );
    }),
  );
  fc.assert(fc.property(fc.string(), (token) => readPageToken(token, "u") === undefined));
});
