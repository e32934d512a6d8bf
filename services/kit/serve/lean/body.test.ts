import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import t from "tap";
import { Body } from "./body.ts";

const chunks = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
const codeOf = (run: () => unknown) => {
  try {
    run();
    return undefined;
  } catch (error) {
    return ConnectError.from(error).code;
  }
};

t.test("gives a copy of what came, announced or not, and never a Buffer", (t) => {
  fc.assert(
    fc.property(chunks, fc.boolean(), (chunks, isAnnounced) => {
      const all = Buffer.concat(chunks);
      const body = new Body(isAnnounced ? String(all.byteLength) : undefined, 10_000);
      for (const chunk of chunks) body.add(chunk);
      const bytes = body.bytes();
      t.notOk(Buffer.isBuffer(bytes));
      t.ok(all.equals(bytes));
      t.notOk(chunks.some(({ buffer }) => buffer === bytes.buffer));
      t.equal(bytes.buffer.byteLength, bytes.byteLength);
    }),
  );
  t.end();
});

t.test("what is too long is ResourceExhausted, by its announcement already", (t) => {
  t.equal(
    codeOf(() => new Body("11", 10)),
    Code.ResourceExhausted,
  );
  const body = new Body(undefined, 10);
  body.add(Buffer.alloc(10));
  t.equal(
    codeOf(() => body.add(Buffer.alloc(1))),
    Code.ResourceExhausted,
  );
  t.end();
});

t.test("another length than the announced one is InvalidArgument; an announcement that is no number is none", (t) => {
  const body = new Body("3", 10);
  body.add(Buffer.alloc(2));
  t.equal(
    codeOf(() => body.bytes()),
    Code.InvalidArgument,
  );
  t.equal(
    codeOf(() => body.add(Buffer.alloc(2))),
    Code.InvalidArgument,
  );
  const unannounced = new Body("many", 10);
  unannounced.add(Buffer.from([1]));
  t.same(unannounced.bytes(), new Uint8Array([1]));
  t.end();
});
