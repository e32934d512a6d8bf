import fc from "fast-check";
import t from "tap";
import { Dictionary } from "./dictionary.ts";
import { decodeItem, encodeItem } from "./item-line.ts";

const text = fc.string({ unit: "grapheme", maxLength: 8 });
const record = fc.record({
  ownerId: text,
  category: text,
  colour: text,
  priceCents: fc.nat(),
  tags: fc.uniqueArray(text, { maxLength: 4 }),
  seq: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
});

t.test("an item's record comes back from its line, whatever its strings are", async () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, record)), (items) => {
      const dictionaries = {
        owners: new Dictionary(),
        categories: new Dictionary(),
        colours: new Dictionary(),
        tags: new Dictionary(),
      };
      const lines = items.map(([id, one]) => encodeItem(id, one, dictionaries));
      const texts = {
        owners: [...dictionaries.owners.texts()],
        categories: [...dictionaries.categories.texts()],
        colours: [...dictionaries.colours.texts()],
        tags: [...dictionaries.tags.texts()],
      };
      const shown = (value: unknown) => JSON.stringify(value, (_, one) => (typeof one === "bigint" ? `${one}n` : one));
      return lines.every((line, at) => {
        const [id, { ownerId, category, colour, priceCents, tags, seq }] = decodeItem(line, texts);
        return shown([id, { ownerId, category, colour, priceCents, tags, seq }]) === shown(items[at]);
      });
    }),
  );
});

t.test("a code without a string is a damaged snapshot", async (t) => {
  const texts = { owners: [""], categories: [""], colours: [], tags: [] };
  t.throws(() => decodeItem('["a","1",0,0,3,0,[]]', texts), { name: "CorruptSnapshotError", message: /colours lacks/ });
});
