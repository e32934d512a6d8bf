import process from "node:process";
import t from "tap";
import { collectGarbage } from "../../../test/support/collect-garbage.ts";
import { GiveBack } from "./give-back.ts";
import { Kernel } from "./kernel.ts";
import { SharedRows } from "./shared-rows.ts";

const PAGES = 200;
const BYTES = PAGES * 65536;

/** Memory full of ones that nobody has, and what has become of it. */
function dropped(giveBack: GiveBack): Uint8Array {
  return viewed(giveBack).seen;
}

/** Memory full of ones of which one view is still there; `seen`, by another object for the same memory, says what has become of it. */
function viewed(giveBack: GiveBack): { view: Uint8Array | undefined; seen: Uint8Array } {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  new Uint8Array(memory.buffer).fill(1);
  giveBack.onceUnread(memory);
  return { view: new Uint8Array(memory.buffer, BYTES / 2, 1), seen: new Uint8Array(structuredClone(memory.buffer)) };
}

const koffi = await import("koffi").catch(() => undefined);
const skip = (process.platform !== "linux" || !koffi) && "skipped: memory is given back with koffi, on Linux";

t.test(
  "memory that nothing can read any more is given back, all of it, and other memory is not",
  { skip },
  async (t) => {
    const done: ((bytes: number) => void)[] = [];
    const giveBack = new GiveBack({ onGivenBack: (bytes) => done.shift()?.(bytes) });
    const next = () => new Promise<number>((resolve) => done.push(resolve));
    const first = next();
    const kept = viewed(giveBack);
    const gone = dropped(giveBack);
    t.ok(gone.every((byte) => byte === 1));
    collectGarbage();
    t.equal(await first, BYTES);
    t.ok(gone.every((byte) => byte === 0));
    t.equal(kept.view?.[0], 1);
    t.ok(
      kept.seen.every((byte) => byte === 1),
      "one view holds all of it",
    );
    const second = next();
    kept.view = undefined;
    collectGarbage();
    t.equal(await second, BYTES);
    t.ok(kept.seen.every((byte) => byte === 0));
  },
);

t.test("a kernel does not keep the memory of rows that it has compared", async (t) => {
  const kernel = new Kernel();
  const { promise: gone, resolve } = Promise.withResolvers<string>();
  const registry = new FinalizationRegistry(resolve);
  compareOnce(kernel, registry);
  collectGarbage();
  t.equal(await gone, "their buffer");
});

function compareOnce(kernel: Kernel, registry: FinalizationRegistry<string>): void {
  const rows = new SharedRows({ dimensions: 256, capacity: 100 });
  rows.set(3, new Float32Array(256).fill(1));
  registry.register(rows.memory.buffer, "their buffer");
  const best = kernel.best(1, 1);
  const queries = new Float32Array(256).fill(1);
  const { handle } = rows;
  kernel.compare(
    { block: handle, metric: "ip", k: 1, queriesId: 1, queries, rows: { kind: "range", first: 0, count: 100 } },
    best,
  );
  if (best[0]?.count !== 1) throw new Error("expected a best row");
}
