import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatasetItem, OutfitDataset } from "./dataset.ts";

interface PolyvoreOutfit {
  set_id: string;
  items: { item_id: string; index: number }[];
}

interface Blank {
  question: string[];
  answers: string[];
  blank_position: number;
}

/**
 * Reads a folder in the layout of Polyvore Outfits (Vasileva et al., "Learning Type-Aware Embeddings for Fashion
 * Compatibility", ECCV 2018):
 *
 * - train.json, test.json (and valid.json, which is not needed here): [{"set_id", "items": [{"item_id", "index"}]}]
 * - compatibility_test.txt: a line an outfit, "1" or "0", then items as "<set_id>_<index>"
 * - fill_in_blank_test.json: [{"question": ["<set_id>_<index>"…], "answers": [four of these], "blank_position"}]; the right
 *   answer is the one of the question's own set, wherever it stands
 * - images/<item_id>.jpg
 * - polyvore_item_metadata.json, here or one folder up: {item_id: {"semantic_category"}}; without it the Encoder says the category
 */
export async function readPolyvore(folder: string): Promise<OutfitDataset> {
  const [train, test] = await Promise.all(["train", "test"].map((name) => readOutfits(folder, name)));
  const categories = await readCategories(folder);
  const items = new Map<string, DatasetItem>();
  const named = new Map<string, string>();
  for (const { set_id, items: members } of [...(train ?? []), ...(test ?? [])]) {
    for (const { item_id, index } of members) {
      named.set(`${set_id}_${index}`, item_id);
      items.set(item_id, { file: join(folder, "images", `${item_id}.jpg`), category: categories.get(item_id) ?? "" });
    }
  }
  const itemOf = (name: string) => {
    const id = named.get(name);
    if (id === undefined) throw new RangeError(`expected an item of train.json or test.json, got ${name}`);
    return id;
  };
  const lines = (await readFile(join(folder, "compatibility_test.txt"), "utf8"))
    .split("\n")
    .filter((line) => line.trim());
  const blanks: Blank[] = JSON.parse(await readFile(join(folder, "fill_in_blank_test.json"), "utf8"));
  return {
    train: (train ?? []).map((outfit) => outfit.items.map(({ item_id }) => item_id)),
    compatibility: lines.map((line) => {
      const [label, ...names] = line.trim().split(/\s+/);
      return { together: label === "1", items: names.map(itemOf) };
    }),
    blanks: blanks.map(({ question, answers }) => {
      const correct = answers.findIndex((answer) => setOf(answer) === setOf(question[0] ?? ""));
      if (correct < 0)
        throw new RangeError(`expected an answer of the set of ${question[0]}, got ${answers.join(", ")}`);
      return { given: question.map(itemOf), answers: answers.map(itemOf), correct };
    }),
    items,
  };
}

async function readOutfits(folder: string, name: string): Promise<PolyvoreOutfit[]> {
  return JSON.parse(await readFile(join(folder, `${name}.json`), "utf8"));
}

async function readCategories(folder: string): Promise<Map<string, string>> {
  for (const place of [folder, join(folder, "..")]) {
    const file = join(place, "polyvore_item_metadata.json");
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    const metadata: Record<string, { semantic_category?: string }> = JSON.parse(await readFile(file, "utf8"));
    return new Map(Object.entries(metadata).map(([id, { semantic_category }]) => [id, semantic_category ?? ""]));
  }
  return new Map();
}

function setOf(name: string): string {
  return name.slice(0, name.lastIndexOf("_"));
}
