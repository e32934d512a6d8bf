import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readPolyvore } from "./polyvore.ts";

t.test("a folder in the layout of Polyvore Outfits is read as it is meant", async (t) => {
  const folder = join(t.testdir({}), "nondisjoint");
  await mkdir(folder);
  const outfit = (set_id: string, ...ids: string[]) => ({
    set_id,
    items: ids.map((item_id, i) => ({ item_id, index: i + 1 })),
  });
  const write = (name: string, value: unknown) =>
    writeFile(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
  await write("train.json", [outfit("7", "a", "b")]);
  await write("test.json", [outfit("8", "c", "d"), outfit("9", "e", "f")]);
  await write("compatibility_test.txt", "1 8_1 8_2\n0 8_1 9_2\n");
  await write("fill_in_blank_test.json", [
    { question: ["8_1"], answers: ["9_2", "8_2", "9_1", "7_1"], blank_position: 2 },
  ]);
  await write("../polyvore_item_metadata.json", {
    a: { semantic_category: "tops" },
    f: { semantic_category: "shoes" },
  });
  const { items, ...rest } = await readPolyvore(folder);
  t.same(rest, {
    train: [["a", "b"]],
    compatibility: [
      { together: true, items: ["c", "d"] },
      { together: false, items: ["c", "f"] },
    ],
    blanks: [{ given: ["c"], answers: ["f", "d", "e", "a"], correct: 1 }],
  });
  t.same([items.get("a"), items.get("c")?.category], [{ file: join(folder, "images", "a.jpg"), category: "tops" }, ""]);
  await write("compatibility_test.txt", "1 8_3\n");
  await t.rejects(readPolyvore(folder), /expected an item of train.json or test.json, got 8_3/);
});
