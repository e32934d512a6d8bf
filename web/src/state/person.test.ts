import t from "tap";
import { currentPerson, type Keep, keepPerson, personId } from "./person.ts";

function keepOf(id?: string): Keep {
  const map = new Map(id === undefined ? [] : [["flashfit.person", id]]);
  return { getItem: (key) => map.get(key) ?? null, setItem: (key, value) => void map.set(key, value) };
}

t.test("a first visit makes an id, the next one finds it", async (t) => {
  const keep = keepOf();
  t.equal(
    currentPerson(keep, () => "1"),
    "person-1",
  );
  t.equal(
    currentPerson(keep, () => "2"),
    "person-1",
  );
});

t.test("what is kept but is no id is replaced: nobody may become the catalogue", async (t) => {
  for (const bad of ["", "  ", "a b", "x".repeat(129)]) {
    t.equal(
      currentPerson(keepOf(bad), () => "1"),
      "person-1",
      JSON.stringify(bad),
    );
  }
});

t.test("an id from another device is taken over", async (t) => {
  const keep = keepOf("person-1");
  t.equal(personId("  "), undefined);
  keepPerson(keep, personId(" person-2\n") ?? "");
  t.equal(
    currentPerson(keep, () => "3"),
    "person-2",
  );
});
