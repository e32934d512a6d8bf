import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { CommandError } from "../command.ts";
import { mallocLibrary } from "./malloc-library.ts";

t.test("the named library, else the first jemalloc of the system, else none", { skip: skipped() }, async (t) => {
  const folder = t.testdir({ empty: {}, one: { "libjemalloc.so.2": "" }, two: { "libjemalloc.so.2": "", own: "" } });
  const folders = ["empty", "one", "two"].map((name) => join(folder, name));
  const own = join(folder, "two/own");
  t.equal(mallocLibrary(own, folders), own);
  t.equal(mallocLibrary(undefined, folders), join(folder, "one/libjemalloc.so.2"));
  t.equal(mallocLibrary("none", folders), undefined);
  t.equal(mallocLibrary(undefined, [join(folder, "empty")]), undefined);
});

t.test("a library that is not there ends the start", { skip: skipped() }, async (t) => {
  t.throws(() => mallocLibrary("/nowhere/lib.so"), CommandError);
  t.throws(() => mallocLibrary("/nowhere/lib.so"), /INDEX_MALLOC_LIBRARY: there is no file .*nowhere.lib.so; expected/);
});

function skipped(): string | false {
  return process.platform !== "linux" && "skipped: nothing is preloaded but on Linux";
}
