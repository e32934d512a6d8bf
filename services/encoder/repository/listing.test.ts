import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { listModels, sha256OfFile } from "./listing.ts";
import { MODELS } from "./testing.ts";

t.test("every version is listed with its variants, size and length of vectors", async (t) => {
  const dir = t.testdir({ ".pull-x": { a: "half" } });
  await cp(join(MODELS, "clip/1"), join(dir, "clip/1"), { recursive: true });
  await cp(join(MODELS, "clip/1"), join(dir, "clip/2"), { recursive: true });
  await cp(join(dir, "clip/2/onnx/vision_model.onnx"), join(dir, "clip/2/onnx/vision_model_quantized.onnx"));
  await mkdir(join(dir, "clip/10"));
  const [one, two, ten, ...rest] = await listModels(dir);
  t.same(rest, []);
  t.match(one, { name: "clip", version: "1", variants: ["fp32"], graphs: ["vision", "text"], dimensions: 256 });
  t.match(two, { version: "2", variants: ["fp32", "int8"], dimensions: 256 });
  t.match(ten, { version: "10", broken: /onnx\/ holds none of/, files: [], bytes: 0 });
  t.equal(
    one?.bytes,
    one?.files.reduce((sum, file) => sum + file.bytes, 0),
  );
  t.ok(one?.files.some(({ path }) => path === "onnx/text_model.onnx"));
});

t.test("where a version came from is listed; a source that says nonsense is refused", async (t) => {
  const dir = t.testdir();
  await cp(join(MODELS, "clip/1"), join(dir, "clip/1"), { recursive: true });
  const files = [{ path: "config.json", bytes: 3, sha256: "a".repeat(64) }];
  const source = { origin: "owner/name", revision: "abc", license: "mit", takenAt: "2026-01-01T00:00:00Z", files };
  await writeFile(join(dir, "clip/1/source.json"), JSON.stringify(source));
  t.match((await listModels(dir))[0], { source });
  await writeFile(join(dir, "clip/1/source.json"), '{"origin":1}');
  await t.rejects(listModels(dir), /source.json: .*origin/);
});

t.test("a checksum is SHA-256 of the bytes", async (t) => {
  const dir = t.testdir({ abc: "abc" });
  t.equal(await sha256OfFile(join(dir, "abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
