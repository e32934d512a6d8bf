import { execFileSync } from "node:child_process";
import process from "node:process";
import t from "tap";
import { v8PoolFlags } from "./v8-pool.ts";

t.test("the event loop keeps a processor, and there is always a helper", async (t) => {
  const sizes = [1, 2, 3, 5, 16].map((processors) => v8PoolFlags(processors).join());
  t.same(
    sizes,
    [1, 1, 2, 4, 4].map((size) => `--v8-pool-size=${size}`),
  );
});

t.test(
  "node takes the flag",
  { skip: process.platform !== "linux" && "skipped: threads are counted in /proc" },
  async (t) => {
    const count = 'console.log(require("node:fs").readdirSync("/proc/self/task").length)';
    const threads = (processors: number) =>
      Number(execFileSync(process.execPath, [...v8PoolFlags(processors), "-e", count], { encoding: "utf8" }));
    t.equal(threads(5) - threads(2), 3);
  },
);
