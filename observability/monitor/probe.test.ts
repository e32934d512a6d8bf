import t from "tap";
import { createProbe } from "./probe.ts";

const explain = (error: unknown) => (error as Error).message;

t.test("an answer in time is up, a late one slow", async (t) => {
  const quick = createProbe({ timeoutMs: 1000, slowMs: 500, explain, ask: async () => 7 });
  t.match(await quick(), { status: "up", value: 7 });
  const slow = createProbe({ timeoutMs: 1000, slowMs: 0, explain, ask: () => new Promise((r) => setTimeout(r, 5, 8)) });
  t.match(await slow(), { status: "slow", value: 8 });
});

t.test("a failure says why", async (t) => {
  const failing = createProbe({
    timeoutMs: 1000,
    slowMs: 500,
    explain,
    ask: async () => Promise.reject(Error("refused")),
  });
  t.match(await failing(), { status: "down", reason: "refused" });
});

t.test("one that hangs is given up in time, told so, and not asked again until it has answered", async (t) => {
  let asked = 0;
  let answer = (_: number) => {};
  let told: AbortSignal | undefined;
  const probe = createProbe({
    timeoutMs: 20,
    slowMs: 10,
    explain,
    ask: (signal) => {
      asked += 1;
      told = signal;
      return new Promise<number>((resolve) => {
        answer = resolve;
      });
    },
  });
  t.match(await probe(), { status: "down", reason: "no answer within 20 ms" });
  t.equal(told?.aborted, true);
  t.match(await probe(), { status: "down", reason: /^no answer for \d+\.\d s$/ });
  t.equal(asked, 1);
  answer(1);
  await new Promise(setImmediate);
  const again = probe();
  answer(2);
  t.match(await again, { value: 2 });
});
