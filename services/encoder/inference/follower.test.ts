import t from "tap";
import { Follower } from "./follower.ts";

t.test("a version that fails is tried again after 1, 2, 4, … looks, at most 64", async (t) => {
  const follower = new Follower();
  const gaps: number[] = [];
  for (let look = 1, last = 0; gaps.length < 9; look++) {
    if (!follower.isDue("clip", "2")) continue;
    gaps.push(look - last);
    last = look;
    follower.failed({ name: "clip", revision: "2", reason: "broken" });
  }
  t.same(gaps, [1, 1, 2, 4, 8, 16, 32, 64, 64]);
  t.same(follower.behind, [{ name: "clip", revision: "2", reason: "broken" }]);
  t.ok(follower.isDue("clip", "3"), "another version at once");
  t.ok(follower.isDue("fashion", "2"), "another model as well");
  follower.failed({ name: "clip", revision: "3", reason: "broken too" });
  t.match(follower.behind, [{ revision: "3" }]);
  t.ok(follower.isDue("clip", "3"), "it begins anew");
  follower.done("clip");
  t.same(follower.behind, []);
  t.ok(follower.isDue("clip", "2"));
});
