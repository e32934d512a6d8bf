import fc from "fast-check";
import t from "tap";
import { type ItemRecord, ItemTable } from "./item-table.ts";

const record = (seq: number): ItemRecord => ({
  ...{ ownerId: "", category: "", colour: "", priceCents: 0, tags: [], seq: BigInt(seq) },
});
const step = fc.oneof(
  fc.record({ kind: fc.constantFrom("set" as const, "delete" as const), id: fc.nat(30) }),
  fc.constant({ kind: "hold" as const }),
);

t.test("a table is what a map is, and what was held stays as it was", async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const table = new ItemTable();
      const model = new Map<string, ItemRecord>();
      const holds: [ReturnType<ItemTable["hold"]>, Map<string, ItemRecord>][] = [];
      for (const [at, one] of steps.entries()) {
        if (one.kind === "hold") holds.push([table.hold(), new Map(model)]);
        else if (one.kind === "delete") {
          if (table.delete(`i${one.id}`) !== model.delete(`i${one.id}`)) return false;
        } else {
          table.set(`i${one.id}`, record(at));
          model.set(`i${one.id}`, record(at));
        }
      }
      holds.push([table.hold(), model]);
      if (table.size !== model.size || [...table.ids()].sort().join() !== [...model.keys()].sort().join()) return false;
      return holds.every(
        ([{ size, entries }, expected]) =>
          size === expected.size && [...entries()].every(([id, one]) => expected.get(id)?.seq === one.seq),
      );
    }),
  );
});
