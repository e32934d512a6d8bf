import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { cosineOf, type Embedder, proveGolden, readGolden, recordGolden, seededPixels } from "./golden.ts";

const folder = await mkdtemp(join(tmpdir(), "flashfit-golden-"));
t.teardown(() => rm(folder, { recursive: true }));
const file = join(folder, "golden.json");

/** Answers with what it is given, turned by an angle. */
function turning(angle: number): Embedder {
  const vector = Float32Array.of(Math.cos(angle), Math.sin(angle));
  return { embedPhoto: async () => ({ vector }), embedText: async () => vector };
}

t.test("what was recorded is met again, within the cosine that is asked for", async (t) => {
  t.equal(await readGolden(folder), undefined);
  await writeFile(file, await recordGolden(turning(0), [{ seed: 1, width: 2, height: 2 }], ["a hat"]));
  const golden = await readGolden(folder);
  if (!golden) return t.fail("expected golden vectors");
  await proveGolden(turning(0), golden, false);
  await proveGolden(turning(0.04), golden, false); // cosine 0.9992
  await t.rejects(proveGolden(turning(0.05), golden, false), {
    message: /^golden photo 1: expected a cosine of at least 0\.999, got 0\.9987/,
  });
  await proveGolden(turning(0.05), golden, true);
  await t.rejects(proveGolden(turning(0.3), golden, true), { message: /at least 0\.97/ });
  await proveGolden(turning(0.3), { ...golden, minCosine: 0.9 }, false);
  const textOnly = { ...golden, photos: [] };
  await t.rejects(proveGolden(turning(1), textOnly, false), { message: /^golden text "a hat"/ });
  const longer: Embedder = { ...turning(0), embedText: async () => new Float32Array(3) };
  await t.rejects(proveGolden(longer, textOnly, false), {
    message: 'golden text "a hat": expected 2 dimensions, got 3',
  });
  const broken: Embedder = { ...turning(0), embedText: async () => Float32Array.of(Number.NaN, 1) };
  await t.rejects(proveGolden(broken, textOnly, false), { message: /got NaN/ });
});

t.test("a golden file that is not understood is named", async (t) => {
  for (const text of [
    "{",
    '{"texts": [{"text": "a"}]}',
    '{"photos": [{"seed": 1, "width": 0, "height": 1, "vector": ""}]}',
  ]) {
    await writeFile(file, text);
    await t.rejects(readGolden(folder), { message: /golden\.json: / }, text);
  }
});

t.test("seeded pixels are the same everywhere, different by seed, and spread over −2 to 2", async (t) => {
  const { data } = seededPixels(1, 64, 64);
  t.strictSame([...data.subarray(0, 3)], [0.5082957744598389, -1.9890570640563965, 0.10978815704584122]);
  t.not(seededPixels(2, 1, 1).data[0], data[0]);
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  t.ok(Math.abs(mean) < 0.05 && Math.min(...data) >= -2 && Math.max(...data) < 2, String(mean));
});

t.test("cosines", async (t) => {
  t.equal(cosineOf(Float32Array.of(3, 4), Float32Array.of(6, 8)), 1);
  t.equal(cosineOf(Float32Array.of(1, 0), Float32Array.of(0, 2)), 0);
  t.equal(cosineOf(Float32Array.of(1), Float32Array.of(1, 2)), undefined);
});
