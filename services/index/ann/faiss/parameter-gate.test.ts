import fc from "fast-check";
import t from "tap";
import { defaultParameters, defaultsFor, ParameterGate } from "./parameter-gate.ts";

t.test("work only runs while its parameters are in force, and all of it runs", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ efSearch: fc.integer({ min: 1, max: 3 }), turns: fc.nat(4) })),
      async (jobs) => {
        let inForce = 0;
        let running = 0;
        const began: number[] = [];
        const gate = new ParameterGate(({ efSearch }) => {
          if (running > 0) throw new Error("parameters changed under a search");
          inForce = efSearch;
        });
        await Promise.all(
          jobs.map(({ efSearch, turns }, i) =>
            gate.run({ ...defaultParameters, efSearch }, async () => {
              began.push(i);
              running++;
              for (let turn = 0; turn <= turns; turn++) {
                if (inForce !== efSearch) throw new Error(`expected ${efSearch}, got ${inForce}`);
                await Promise.resolve();
              }
              running--;
            }),
          ),
        );
        // Nobody is overtaken.
        return began.join() === jobs.map((_, i) => i).join();
      },
    ),
  );
  t.pass();
});

t.test("what fails lets the next one in", async (t) => {
  const gate = new ParameterGate(() => {});
  const failing = gate.run({ ...defaultParameters, nprobe: 2 }, () => Promise.reject(new Error("no")));
  const waiting = gate.run({ ...defaultParameters, nprobe: 3 }, async () => "in");
  await t.rejects(failing, new Error("no"));
  t.equal(await waiting, "in");
});

t.test("equal parameters run side by side and are set once", async (t) => {
  let set = 0;
  const gate = new ParameterGate(() => {
    set++;
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = gate.run({ ...defaultParameters }, () => promise);
  await gate.run({ ...defaultParameters }, async () => resolve());
  await first;
  t.equal(set, 1);
});

t.test("codes of four bits are refined by more candidates than are wanted", async (t) => {
  t.equal(defaultsFor("PCAR64,IVF32,PQ64x4fs,RFlat").refine, 5);
  t.equal(defaultsFor("IVF32,PQ64x4fs,Refine(SQ8)").refine, 5);
  t.equal(defaultsFor("IVF32,PQ64x4fs").refine, 1, "nothing refines");
  t.equal(defaultsFor("PCA64,HNSW32,SQ8,RFlat").refine, 2);
});
