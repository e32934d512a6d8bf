import t from "tap";
import { readOutfitOptions } from "./outfit-options.ts";

t.test("words are garments, flags may be repeated, and what is not said is left to the mesh", async (t) => {
  t.match(
    readOutfitOptions(["a", "b", "--user", "anna", "--season", "summer", "--season", "spring", "--k", "3"], "help"),
    {
      itemIds: ["a", "b"],
      userId: "anna",
      k: 3,
      seasons: ["summer", "spring"],
      occasions: [],
      json: false,
    },
  );
  t.same([readOutfitOptions([], "").k, readOutfitOptions(["--diversity", "0"], "").diversity], [undefined, 0]);
});

t.test("what it does not take is refused with a word on what it does", async (t) => {
  for (const k of ["0", "51", "1.5", "", "many"]) {
    t.throws(() => readOutfitOptions(["--k", k], ""), {
      message: /--k: expected a whole number from 1 to 50/,
      exitCode: 2,
    });
  }
  t.throws(() => readOutfitOptions(["--diversity", "2"], ""), /--diversity: expected a number from 0 to 1, got 2/);
  t.throws(() => readOutfitOptions(["--colour", "red"], "the help"), /the help/);
});
