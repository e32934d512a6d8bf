import { cp, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { VersionReader } from "./model-repository.ts";
import { MODELS } from "./testing.ts";
import { VersionMemo } from "./version-memo.ts";

/** A clock that is past whatever the file system has just written. */
const later = () => Date.now() + 60_000;

function counted(t: Test, now = later) {
  const folder = t.testdir({ "config.json": "{}", onnx: { "model.onnx": "abc" } });
  const memo = new VersionMemo<number>(now);
  let reads = 0;
  return { folder, memo, look: () => memo.get(folder, async () => ++reads) };
}

t.test("what does not change is read once", async (t) => {
  const { look, memo, folder } = counted(t);
  t.same([await look(), await look(), await look()], [1, 1, 1]);
  memo.keepOnly([folder]);
  t.equal(await look(), 1);
  memo.keepOnly([]);
  t.equal(await look(), 2, "a folder that is gone is forgotten");
});

t.test("every change is seen: bytes, same size, a file more or less, another in its place", async (t) => {
  const { folder, look } = counted(t);
  const config = join(folder, "config.json");
  const changes: (() => Promise<unknown>)[] = [
    () => writeFile(config, '{"a":1}'),
    () => writeFile(config, '{"a":2}'),
    () => utimes(config, 1, 1),
    () => writeFile(join(folder, "tokenizer.json"), "{}"),
    () => rm(join(folder, "tokenizer.json")),
    () => writeFile(join(folder, "onnx/model_quantized.onnx"), "q"),
    () => mkdir(join(folder, "1_Pooling")),
    () => writeFile(join(folder, "1_Pooling/config.json"), "{}"),
    async () => {
      await writeFile(`${config}.new`, '{"a":3}');
      await rename(`${config}.new`, config);
    },
    async () => {
      await rename(join(folder, "onnx"), join(folder, "away"));
      await symlink(join(folder, "away"), join(folder, "onnx"));
    },
    () => rm(folder, { recursive: true }),
  ];
  t.equal(await look(), 1);
  for (const [i, change] of changes.entries()) {
    await change();
    t.equal(await look(), i + 2, String(change));
    t.equal(await look(), i + 2, "and then not again");
  }
});

t.test("what was changed a moment ago may change again unseen, and is read again", async (t) => {
  const { look } = counted(t, Date.now);
  t.same([await look(), await look()], [1, 2]);
});

t.test("a read that fails is not kept", async (t) => {
  const { folder, memo } = counted(t);
  await t.rejects(
    memo.get(folder, () => Promise.reject(new Error("torn"))),
    /torn/,
  );
  t.equal(await memo.get(folder, async () => 5), 5);
});

t.test("a repository that changes is seen: a version more, one broken, one mended, one gone", async (t) => {
  const dir = t.testdir();
  await cp(join(MODELS, "clip/1"), join(dir, "clip/1"), { recursive: true });
  const reader = new VersionReader(dir, {}, new VersionMemo(later));
  const kinds = async () => (await reader.list()).map((entry) => entry.kind);
  const first = await reader.list();
  t.equal((await reader.list())[0], first[0], "the same one, not read again");
  await cp(join(MODELS, "clip/1"), join(dir, "clip/2"), { recursive: true });
  t.same(await kinds(), ["ready", "ready"]);
  t.equal((await reader.list())[0], first[0]);
  const config = join(dir, "clip/2/config.json");
  await rename(config, `${config}.away`);
  t.same(await kinds(), ["ready", "broken"]);
  await rename(`${config}.away`, config);
  t.same(await kinds(), ["ready", "ready"]);
  await rm(join(dir, "clip/1"), { recursive: true });
  t.match(await reader.list(), [{ pack: { revision: "2" } }]);
  await mkdir(join(dir, "empty"));
  t.match((await reader.list())[1], { kind: "broken", reason: /empty: it has no version directory/ });
});
