import t from "tap";
import { parseMaps, wholeRanges } from "./huge-pages.ts";

const HUGE = 2 ** 21;

t.test("only large memory that may be written and belongs to no file is looked at, in whole huge pages", async (t) => {
  const maps = [
    "55d0c0000000-55d0c2000000 rw-p 00000000 00:00 0                          [heap]",
    "7f0000001000-7f0002001000 rw-p 00000000 00:00 0 ",
    "7f0010000000-7f0010800000 rw-p 00000000 00:00 0 ",
    "7f0020000000-7f0024000000 r--p 00000000 00:00 0 ",
    "7f0030000000-7f0034000000 rw-p 00001000 fe:00 1234                       /a/file",
    "7f0040000000-7f0044000000 rw-s 00000000 00:01 99                         /memfd:a (deleted)",
  ];
  t.same(parseMaps(`${maps.join("\n")}\n`), [{ from: 0x7f0000200000, to: 0x7f0002000000 }]);
});

t.test("what lacks a page stays as it is", async (t) => {
  const pages = new Uint8Array(4 * 512).fill(1);
  pages[512] = 0;
  t.same(wholeRanges(8 * HUGE, pages), [
    { from: 8 * HUGE, to: 9 * HUGE },
    { from: 10 * HUGE, to: 12 * HUGE },
  ]);
  t.same(wholeRanges(8 * HUGE, pages, [{ from: 0, to: 11 * HUGE }]), [{ from: 11 * HUGE, to: 12 * HUGE }]);
  t.same(wholeRanges(8 * HUGE, new Uint8Array(512)), []);
});
