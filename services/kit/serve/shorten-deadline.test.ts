import fc from "fast-check";
import t from "tap";
import { timeoutFromHeaders } from "../server-interceptors.ts";
import { shortenDeadline } from "./shorten-deadline.ts";

function shortened(headers: Record<string, string>, spentMs: number) {
  const copy = { ...headers };
  shortenDeadline(copy, spentMs);
  return copy;
}

t.test("what was spent is taken from either protocol's deadline, down to one millisecond", async (t) => {
  t.same(shortened({ "connect-timeout-ms": "500" }, 120), { "connect-timeout-ms": "380" });
  t.same(shortened({ "connect-timeout-ms": "500" }, 501), { "connect-timeout-ms": "1" });
  t.same(shortened({ "grpc-timeout": "2S" }, 500), { "grpc-timeout": "1500m" });
  t.same(shortened({ "grpc-timeout": "10m" }, 11), { "grpc-timeout": "1m" });
});

t.test("no deadline stays none, and what is malformed stays for those who refuse it", async (t) => {
  const all: Record<string, string>[] = [
    {},
    { "connect-timeout-ms": "soon" },
    { "grpc-timeout": "5" },
    { "grpc-timeout": "123456789S" },
  ];
  for (const headers of all) {
    t.same(shortened(headers, 10), headers);
  }
});

t.test("what is left can be read again, and is right to a millisecond", async () => {
  const amount = fc.nat(99_999_999);
  const unit = fc.constantFrom("H", "M", "S", "m", "u", "n");
  fc.assert(
    fc.property(amount, unit, fc.nat(10_000), (amount, unit, spentMs) => {
      const before = timeoutFromHeaders(new Headers({ "grpc-timeout": `${amount}${unit}` })) ?? Number.NaN;
      const headers = shortened({ "grpc-timeout": `${amount}${unit}` }, spentMs);
      const left = timeoutFromHeaders(new Headers(headers));
      if (before - spentMs > 99_999_999) return left === before;
      return left !== undefined && Math.abs(left - Math.max(1, before - spentMs)) <= 1;
    }),
  );
});
