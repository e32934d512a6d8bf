import fc from "fast-check";
import t from "tap";
import { childSpan } from "./trace-context.ts";

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

t.test("a child keeps trace id and flags and has a span id of its own", async (t) => {
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const child = childSpan(parent);
  t.match(child, /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  t.not(child, parent);
});

t.test("whatever a caller sends, the result is well-formed", async () => {
  fc.assert(fc.property(fc.string(), (text) => TRACEPARENT.test(childSpan(text))));
});
