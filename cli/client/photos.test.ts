import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { findPhotos } from "./photos.ts";

t.test("finds photos in every depth, sorted, with the category of the nearest such folder", async (t) => {
  const folder = t.testdir({
    shoes: { "b.JPG": "x", "a.png": "x", summer: { "c.webp": "x" } },
    unknown: { "d.avif": "x" },
    "e.jpeg": "x",
    ".hidden": { "f.jpg": "x" },
  });
  const { photos, bad } = await findPhotos(folder);
  t.same(
    photos.map(({ key, category }) => [key, category]),
    [
      ["e.jpeg", ""],
      ["shoes/a.png", "shoes"],
      ["shoes/b.JPG", "shoes"],
      ["shoes/summer/c.webp", "shoes"],
      ["unknown/d.avif", ""],
    ],
  );
  t.same(bad, []);
});

t.test("the folder that was named may itself be a category", async (t) => {
  const folder = join(t.testdir(), "t-shirt");
  await mkdir(folder);
  await writeFile(join(folder, "a.jpg"), "x");
  t.equal((await findPhotos(folder)).photos[0]?.category, "t-shirt");
});

t.test("says why a file is no photo", async (t) => {
  const folder = t.testdir({ "notes.txt": "x", "empty.jpg": "", "huge.jpg": Buffer.alloc(10_485_761) });
  const { photos, bad } = await findPhotos(folder);
  t.same(photos, []);
  t.same(bad, [
    { key: "empty.jpg", reason: "empty file" },
    { key: "huge.jpg", reason: "10485761 bytes, expected at most 10485760" },
    { key: "notes.txt", reason: "not a photo by its name (.jpg .jpeg .png .webp .avif)" },
  ]);
});

t.test("a folder that is not there is said so", async (t) => {
  await t.rejects(findPhotos("/no/such/folder"), { message: /\/no\/such\/folder/ });
});
