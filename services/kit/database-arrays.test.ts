import fc from "fast-check";
import postgres from "postgres";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { arrayTypes } from "./database-arrays.ts";

const server = await startPostgres();
const sql = postgres(server.url, { max: 1, fetch_types: false, types: arrayTypes as never });
t.teardown(async () => {
  await sql.end({ timeout: 1 });
  await server.stop();
});

// All but U+0000, which PostgreSQL cannot hold, and halves of pairs, which UTF-8 cannot.
const text = fc.string({ unit: "grapheme" }).filter((one) => !one.includes("\0") && one.isWellFormed());
const awkward = fc.constantFrom("", "NULL", "null", "a,b", '"', "\\", "{}", "{a}", " a ", "\n", 'x"\\"y');

t.test("texts come back from PostgreSQL as they went, whatever is in them, and so do nulls", async (t) => {
  const texts = fc.array(fc.option(fc.oneof(text, awkward)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      const [row] = await sql`
        select ${values}::text[] as back, to_json(${values}::text[])::text as json, cardinality(${values}::text[]) as count`;
      t.same(row, { back: values, json: JSON.stringify(values), count: values.length });
    }),
    { numRuns: 200 },
  );
});

t.test("numbers and ids come back: a bigint as text, as it does alone", async (t) => {
  const ids = ["00000000-0000-4000-8000-000000000000"];
  const bigs = ["-9223372036854775808", null, "7"];
  const [row] = await sql`
    select ${[1, -2, null]}::int[] as integers, ${[3, -4]}::smallint[] as smallints, ${bigs}::bigint[] as bigints,
      ${ids}::uuid[] as uuids, ${[]}::int[] as none, null::text[] as missing`;
  t.same(row, { integers: [1, -2, null], smallints: [3, -4], bigints: bigs, uuids: ids, none: [], missing: null });
});

t.test("what is not such an array is refused by name", async (t) => {
  await t.rejects(sql`select ${["a", undefined] as string[]}::text[]`.execute(), /expected text, numbers or null/);
  await t.rejects(sql`select ${[["a"]] as never}::text[]`.execute(), /expected text, numbers or null/);
  t.throws(() => arrayTypes.texts?.parse("{{a},{b}}"), /one dimension/);
  t.throws(() => arrayTypes.integers?.parse("[2:3]={1,2}"), /one dimension/);
});
