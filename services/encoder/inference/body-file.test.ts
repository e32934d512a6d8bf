import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { BodyFile, BodyReader } from "./body-file.ts";

const folder = mkdtempSync(join(tmpdir(), "body-file-"));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function open() {
  const file = BodyFile.create(folder);
  if (!file) throw new Error("expected a file");
  return file;
}

const bytes = (length: number, from: number) => new Uint8Array(length).map((_, i) => (i * 7 + from) % 251);

t.test(
  "what is written to a region is read from it, after the file lost its name, while the other region is written",
  async (t) => {
    const file = open();
    t.teardown(() => file.close());
    t.equal(statSync(file.path).mode & 0o777, 0o600);
    const reader = new BodyReader(file.path);
    file.unlink();
    t.notOk(existsSync(file.path));
    for (let round = 0; round < 5; round++) {
      const chunks = [bytes(70_000, round), bytes(1, round), bytes(9, round)];
      const region = file.write(chunks);
      t.equal(region, 1 + (round % 2));
      const other = bytes(65_536, round + 100);
      const read = new Uint8Array(70_010);
      if (round === 4) t.equal(file.write([other]), 2);
      t.ok(reader.read(region, read));
      t.same(Buffer.compare(read, Buffer.concat(chunks)), 0);
    }
  },
);

t.test("bodies that are small or large go another way; what was never written is not there", async (t) => {
  const file = open();
  t.teardown(() => file.close());
  t.equal(file.write([]), 0);
  t.equal(file.write([bytes(1000, 0)]), 0);
  t.equal(file.write([new Uint8Array(33 * 2 ** 20)]), 0);
  t.notOk(new BodyReader(file.path).read(1, new Uint8Array(8)));
});

t.test("without a file system in memory there is no file", async (t) => {
  t.equal(BodyFile.create(join(folder, "is-not-there")), undefined);
});
