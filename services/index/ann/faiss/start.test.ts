import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import t from "tap";
import { searchesFor, startFaiss } from "./engine.ts";

t.test("an engine that cannot be had says why, and nothing is thrown", async (t) => {
  const folder = await mkdtemp(join(os.tmpdir(), "flashfit-faiss-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const nothing = await startFaiss({ library: join(folder, "nowhere") });
  t.match(nothing, { available: false, reason: /FAISS_C_LIBRARY is .*nowhere, where no libfaiss_c/ });
  t.match(await startFaiss({ library: folder }), { available: false, reason: /where no libfaiss_c/ });
  const text = join(folder, "libfaiss_c.so");
  await writeFile(text, "no library");
  t.match(await startFaiss({ library: text }), { available: false, reason: /cannot be used: / });
});

t.test("searches leave a thread of the pool to others", async (t) => {
  t.equal(searchesFor(2), 2);
  t.equal(searchesFor(64), 3);
  t.equal(searchesFor(64, "17"), 16);
  t.equal(searchesFor(4, "1"), 1);
  t.equal(searchesFor(4, "many"), 3);
});
