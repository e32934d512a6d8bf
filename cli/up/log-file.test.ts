import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { LogFile } from "./log-file.ts";

t.test("a log is moved aside when it is full, and the oldest is dropped", async (t) => {
  const folder = t.testdir();
  const log = new LogFile(join(folder, "x.log"), 10);
  for (const n of [1, 2, 3, 4, 5, 6]) log.write(Buffer.from(`line ${n}..\n`));
  log.close();
  t.same(readdirSync(folder).sort(), ["x.log", "x.log.1", "x.log.2", "x.log.3"]);
  t.equal(readFileSync(join(folder, "x.log"), "utf8"), "line 6..\n");
  t.equal(readFileSync(join(folder, "x.log.3"), "utf8"), "line 3..\n");
});

t.test("the tail holds the last lines, whole even if they came in pieces", async (t) => {
  const log = new LogFile(join(t.testdir(), "x.log"));
  log.write(Buffer.from("one\ntw"));
  t.same(log.tail(), ["one", "tw"]);
  log.write(Buffer.from("o\n"));
  t.same(log.tail(), ["one", "two"]);
  log.forgetTail();
  t.same(log.tail(), []);
  log.close();
});
