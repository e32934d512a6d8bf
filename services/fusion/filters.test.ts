import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import fc from "fast-check";
import t from "tap";
import { type RecommendRequest, RecommendRequestSchema, Scope } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { filterOf, indexFilter, isWhole, passes } from "./filters.ts";
import type { StoredGarment } from "./garment-store.ts";

const hat: StoredGarment = {
  ...{ id: "1", ownerId: "anna", category: "hat", colour: "red", caption: "", createdAtMicros: 0n },
  ...{ priceCents: 500, tags: ["party", "summer"] },
};
const asked = (init: Partial<Omit<RecommendRequest, "$typeName">>) =>
  filterOf(create(RecommendRequestSchema, { userId: "anna", ...init }));

t.test("each condition lets pass what it says", async (t) => {
  const cases: [Parameters<typeof asked>[0], boolean][] = [
    [{}, true],
    [{ userId: "bert" }, false],
    [{ userId: "" }, false],
    [{ scope: Scope.WARDROBE }, true],
    [{ scope: Scope.CATALOGUE }, false],
    [{ categories: ["hat", "shoes"], colours: ["red"] }, true],
    [{ categories: ["shoes"] }, false],
    [{ colours: ["blue"] }, false],
    [{ occasions: ["office", "party"], seasons: ["summer", "spring"] }, true],
    [{ occasions: ["party"], seasons: ["winter"] }, false],
    [{ occasions: ["office"], seasons: ["summer"] }, false],
    [{ minPriceCents: 500, maxPriceCents: 500 }, true],
    [{ minPriceCents: 501 }, false],
    [{ maxPriceCents: 499 }, false],
  ];
  for (const [init, passed] of cases) t.equal(passes(hat, asked(init)), passed, JSON.stringify(init));
  t.equal(passes({ ...hat, priceCents: 0 }, asked({ maxPriceCents: 9 })), false, "an unknown price is in no range");
});

t.test("the wardrobe of nobody, an empty price range and bad text are refused under their names", async (t) => {
  const refused = (init: Parameters<typeof asked>[0], field: RegExp) =>
    t.throws(() => asked(init), { code: Code.InvalidArgument, rawMessage: field });
  refused({ userId: "", scope: Scope.WARDROBE }, /^user_id/);
  refused({ minPriceCents: 10, maxPriceCents: 9 }, /^max_price_cents/);
  refused({ occasions: ["a\0"] }, /^occasions/);
});

t.test("the Index lets pass whatever passes, and nothing more if its filter is whole", async () => {
  const words = fc.subarray(["party", "office", "work"]);
  const seasons = fc.subarray(["summer", "winter"]);
  fc.assert(
    fc.property(
      words,
      seasons,
      fc.subarray(["party", "office", "work", "summer", "winter"]),
      (occasions, some, tags) => {
        const filter = asked({ occasions, seasons: some });
        const { anyTags, allTags } = indexFilter(filter, []);
        const found =
          (anyTags.length === 0 || anyTags.some((tag) => tags.includes(tag))) &&
          allTags.every((tag) => tags.includes(tag));
        const shown = passes({ ...hat, tags }, filter);
        return isWhole(filter) ? found === shown : found || !shown;
      },
    ),
  );
});
