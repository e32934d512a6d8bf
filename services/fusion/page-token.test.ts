import fc from "fast-check";
import t from "tap";
import { garmentKey, parseGarmentId } from "./garment-id.ts";
import { readPageToken, writePageToken } from "./page-token.ts";

t.test("a token leads back to where it was written", async (t) => {
  const listing = fc.array(fc.string());
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 16n - 1n }), fc.uuid(), listing, (createdAtMicros, id, of) => {
      t.same(readPageToken(writePageToken({ createdAtMicros, id }, of), of), { createdAtMicros, id });
    }),
  );
});

t.test("a token of another list, a changed one and any other text are no tokens", async (t) => {
  const token = writePageToken({ createdAtMicros: 1n, id: garmentKey("", new Uint8Array(1)).id }, ["anna"]);
  t.equal(readPageToken(token, ["bert"]), undefined);
  t.equal(readPageToken(`${token.slice(0, -3)}AAA`, ["anna"]), undefined);
  fc.assert(fc.property(fc.string(), (text) => t.equal(readPageToken(text, ["anna"]), undefined)));
});

t.test("a garment's id is a UUID that owner and photo decide", async (t) => {
  const photo = Buffer.from("photo");
  const { id } = garmentKey("anna", photo);
  t.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.equal(garmentKey("anna", Buffer.from(photo)).id, id);
  t.not(garmentKey("bert", photo).id, id);
  t.equal(parseGarmentId(id.toUpperCase()), id);
  for (const other of ["", "x", `${id}0`, ` ${id}`, id.replaceAll("-", "")]) t.equal(parseGarmentId(other), undefined);
});
