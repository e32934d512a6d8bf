import t from "tap";
import { flagsOfLinux, flagsOfMac, runnableVariants, variantsFor } from "./cpu.ts";

const avx2 = "fpu sse2 avx avx2 fma f16c popcnt";
const avx512 = `${avx2} avx512f avx512dq avx512cd avx512bw avx512vl`;

t.test("the best build that the processor runs comes first, the one for all last", async (t) => {
  t.same(variantsFor(flagsOfLinux(`processor\t: 0\nflags\t\t: ${avx512}\n\nprocessor\t: 1\n`)), [
    "avx512",
    "avx2",
    "generic",
  ]);
  t.same(variantsFor(flagsOfLinux(`flags\t\t: ${avx2}\n`)), ["avx2", "generic"]);
  t.same(variantsFor(flagsOfMac("FPU SSE2 FMA F16C POPCNT\nAVX2 BMI1\n")), ["avx2", "generic"]);
});

t.test("a processor that lacks one of the extensions gets no build that uses it", async (t) => {
  for (const flag of ["avx512f", "avx512vl", "fma"]) {
    const lacking = avx512.split(" ").filter((each) => each !== flag);
    t.notOk(variantsFor(new Set(lacking)).includes("avx512"), flag);
  }
  t.same(variantsFor(flagsOfLinux("Features : fp asimd sve\n")), ["generic"]);
});

t.test("this processor runs something", async (t) => {
  t.equal((await runnableVariants()).at(-1), "generic");
});
