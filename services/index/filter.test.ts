import fc from "fast-check";
import t from "tap";
import { Dictionary } from "./dictionary.ts";
import { CATALOGUE_ONLY, compileFilter } from "./filter.ts";
import { passes } from "./vectors/test-support.ts";

const tag = fc.constantFrom("red", "summer", "linen", "wool");
const tags = fc.uniqueArray(tag, { maxLength: 4 });
const price = fc.nat(6);

t.test("a compiled filter keeps what its words say: tags, price range, owner, excluded ids", async () => {
  fc.assert(
    fc.property(
      fc.record({
        known: tags,
        item: tags,
        anyTags: tags,
        allTags: tags,
        price,
        minPriceCents: price,
        maxPriceCents: price,
      }),
      fc.constantFrom("", "ann"),
      fc.boolean(),
      (given, owner, excluded) => {
        const dictionaries = {
          owners: new Dictionary(),
          categories: new Dictionary(),
          colours: new Dictionary(),
          tags: new Dictionary(),
        };
        for (const one of given.known) dictionaries.tags.code(one);
        const codes = given.item.map((one) => dictionaries.tags.code(one));
        const ownerCode = dictionaries.owners.code(owner);
        const { anyTags, allTags, minPriceCents, maxPriceCents } = given;
        const excludeItemIds = excluded ? ["x"] : [];
        const filter = { ...CATALOGUE_ONLY, anyTags, allTags, minPriceCents, maxPriceCents, excludeItemIds };
        const known = given.price === 0 ? undefined : given.price;
        const compiled = compileFilter(filter, dictionaries);
        const expected =
          owner === "" &&
          !excluded &&
          (anyTags.length === 0 || anyTags.some((one) => given.item.includes(one))) &&
          allTags.every((one) => given.item.includes(one)) &&
          (minPriceCents === 0 || (known !== undefined && known >= minPriceCents)) &&
          (maxPriceCents === 0 || (known !== undefined && known <= maxPriceCents));
        const row = { itemId: "x", owner: ownerCode, category: 0, colour: 0, price: known, tags: codes };
        return passes(row, compiled) === expected;
      },
    ),
  );
});
