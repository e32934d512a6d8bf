import fc from "fast-check";
import t from "tap";
import { HeaderFields } from "./header-fields.ts";

const name = fc.constantFrom("x-one", "X-One", "set-cookie", "content-type", "x_two", "two words");
const value = fc.constantFrom("a", "a, b", " padded ", "ü", "line\nbreak", "");
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), name, value }),
  fc.record({ kind: fc.constant("append" as const), name, value }),
  fc.record({ kind: fc.constant("delete" as const), name, value }),
);

const attempt = (run: () => unknown) => {
  try {
    return run();
  } catch (error) {
    return (error as Error).name;
  }
};

t.test("does what Headers do, whatever is done in whatever order", (t) => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const [ours, theirs] = [new HeaderFields(), new Headers()];
      for (const { kind, name, value } of steps) {
        t.equal(
          attempt(() => (kind === "delete" ? ours.delete(name) : ours[kind](name, value))),
          attempt(() => (kind === "delete" ? theirs.delete(name) : theirs[kind](name, value))),
        );
        t.equal(
          attempt(() => ours.get(name)),
          attempt(() => theirs.get(name)),
        );
        t.equal(
          attempt(() => ours.has(name)),
          attempt(() => theirs.has(name)),
        );
      }
      const sent: Record<string, unknown> = {};
      ours.addTo(sent as never);
      const expected = Object.fromEntries([...theirs].filter(([one]) => one !== "set-cookie"));
      const cookies = theirs.getSetCookie();
      t.same({ ...sent, "set-cookie": [sent["set-cookie"] ?? []].flat() }, { ...expected, "set-cookie": cookies });
      t.same([...ours], [...theirs]);
      t.same([[...ours.keys()], [...ours.values()]], [[...theirs.keys()], [...theirs.values()]]);
      t.same([...new Headers(ours)], [...new Headers(theirs)]);
    }),
  );
  t.end();
});

t.test("fields of a request are read as they came, pseudo-headers and prototypes are not seen", (t) => {
  const fields = { __proto__: null, ":path": "/", accept: "a", "set-cookie": ["b", "c"] } as never;
  const header = new HeaderFields(fields);
  t.equal(header.get("accept"), "a");
  t.equal(header.get("Accept"), "a");
  t.equal(header.get("constructor"), null);
  t.throws(() => header.get(":path"), TypeError);
  t.same(header.getSetCookie(), ["b", "c"]);
  const seen: string[] = [];
  header.forEach((value, name) => {
    seen.push(`${name}=${value}`);
  });
  t.same(seen, ["accept=a", "set-cookie=b", "set-cookie=c"]);
  t.same([...header.entries()][0], ["accept", "a"]);
  t.end();
});

t.test("names get their prefix where they are sent as trailers", (t) => {
  const header = new HeaderFields();
  header.set("x-one", "1");
  const sent = {};
  header.addTo(sent, "trailer-");
  t.same(sent, { "trailer-x-one": "1" });
  t.end();
});
