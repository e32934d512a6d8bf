import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { readActive, writeActive } from "./active-file.ts";

const folder = await mkdtemp(join(tmpdir(), "flashfit-active-"));
t.teardown(() => rm(folder, { recursive: true }));
const file = join(folder, "active.json");

t.test("what was written is read; no file says nothing; nothing is left beside it", async (t) => {
  t.strictSame(await readActive(file), {});
  const versions = { clip: { active: "2", previous: "1" }, blip: { active: "1" } };
  await writeActive(file, { clip: { active: "1" } });
  await writeActive(file, versions);
  t.strictSame(await readActive(file), versions);
  t.strictSame(await readdir(folder), ["active.json"]);
});

t.test("a file that is not understood is named, not guessed at", async (t) => {
  for (const text of ["", "{", "[]", '{"clip": "2"}', '{"clip": {"active": ""}}']) {
    await writeFile(file, text);
    await t.rejects(readActive(file), { message: /active\.json is not understood, expected/ }, text);
  }
  await t.rejects(readActive(folder), { message: /cannot be read: EISDIR/ });
});

t.test("a file that cannot be written is named", async (t) => {
  await t.rejects(writeActive(join(folder, "none", "active.json"), {}), {
    message: /none.active\.json cannot be written/,
  });
});
