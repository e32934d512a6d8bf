import t from "tap";
import { readTap } from "./tap-output.ts";

t.test("counts the tests in files, not the files and not what is inside the tests", async (t) => {
  const text = `TAP version 14
# Subtest: a.test.ts
    # Subtest: one
        ok 1 - should be equal
        ok 2 - should be equal
        1..2
    ok 1 - one # time=3ms
    ok 2 - two # time=1ms
    1..2
ok 1 - a.test.ts # time=10ms
1..1
`;
  t.match(readTap(text, true), { passed: 2, failed: 0, skipped: [], output: "" });
});

t.test("a failing test is counted once and shown with its cause", async (t) => {
  const text = `    not ok 1 - one # time=3ms
      ---
      diff: expected 1
      ...
    1..1
not ok 1 - a.test.ts # time=10ms
`;
  const result = readTap(text, false);
  t.match(result, { passed: 0, failed: 1 });
  t.match(result.output, /diff: expected 1/);
});

t.test("a file that crashes without a failing test is a failure", async (t) => {
  t.match(readTap("    ok 1 - one\nnot ok 1 - a.test.ts # time=1ms\n", false), { passed: 1, failed: 1 });
  t.match(readTap("", false), { passed: 0, failed: 1 });
  t.match(readTap("Bail out! no memory\n", false), { failed: 1 });
});

t.test("skips are kept with their reason", async (t) => {
  const text =
    "    ok 1 - one # SKIP no go on PATH\n    ok 2 - two\nok 1 - a.test.ts\nok 2 - b.test.ts # SKIP no deno\n";
  t.match(readTap(text, true), { passed: 1, failed: 0, skipped: [/no go on PATH/, /no deno/] });
});
