import t from "tap";
import { threadsFor } from "./threads.ts";

const machine = { processors: 8, sizeOf: (file: string) => Number(file) };
const megabytes = (n: number) => String(n * 1024 * 1024);

t.test("what is set holds; else a large model gets all processors and a small one a single thread", async (t) => {
  t.equal(threadsFor(3, { vision: megabytes(900) }, machine), 3);
  t.equal(threadsFor(0, { vision: megabytes(9), text: megabytes(1) }, machine), 1);
  t.equal(threadsFor(0, { vision: megabytes(9), text: megabytes(64) }, machine), 8);
});
