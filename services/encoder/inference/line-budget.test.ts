import t from "tap";
import { LineBudget } from "./line-budget.ts";

function budget(limits: { maxLength?: number; perMinute?: number } = {}) {
  const lines: string[] = [];
  const clock = { ms: 0 };
  return { lines, clock, said: new LineBudget({ ...limits, now: () => clock.ms, write: (line) => lines.push(line) }) };
}

t.test("chunks become lines, the last one at the end", async (t) => {
  const { lines, said } = budget();
  said.push("one\r\ntw");
  said.push("o\n\nthr");
  t.strictSame(lines, ["one", "two"]);
  said.end();
  t.strictSame(lines, ["one", "two", "thr"]);
});

t.test("a line without an end does not grow", async (t) => {
  const { lines, said } = budget({ maxLength: 10 });
  for (let i = 0; i < 1000; i++) said.push("x".repeat(1000));
  said.end();
  t.strictSame(lines, ["x".repeat(10)]);
});

t.test("lines over the budget of a minute are counted and said to be missing", async (t) => {
  const { lines, clock, said } = budget({ perMinute: 2 });
  said.push("a\nb\nc\nd\n");
  t.strictSame(lines, ["a", "b"]);
  clock.ms = 60_000;
  said.push("e\n");
  t.strictSame(lines, ["a", "b", "2 more lines were not written", "e"]);
});
