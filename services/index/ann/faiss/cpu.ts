import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { promisify } from "node:util";

/** Builds of FAISS for one processor family, best first; "generic" runs on all. */
export const variants = ["avx512", "avx2", "generic"] as const;
export type Variant = (typeof variants)[number];

/** What the compiler may use in a build (faiss/c_api/CMakeLists.txt): without one of these it ends the process. */
const NEEDS: Record<Variant, readonly string[]> = {
  avx512: ["avx2", "fma", "f16c", "popcnt", "avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"],
  avx2: ["avx2", "fma", "f16c", "popcnt"],
  generic: [],
};

/** The builds that this processor runs, best first. */
export async function runnableVariants(): Promise<Variant[]> {
  return variantsFor(await cpuFlags());
}

export function variantsFor(flags: ReadonlySet<string>): Variant[] {
  return variants.filter((variant) => NEEDS[variant].every((flag) => flags.has(flag)));
}

/** Flags of the first processor as Linux writes them; none where they are not known. */
async function cpuFlags(): Promise<Set<string>> {
  if (process.arch !== "x64") return new Set();
  if (process.platform === "linux") return flagsOfLinux(await readFile("/proc/cpuinfo", "utf8"));
  if (process.platform !== "darwin") return new Set();
  const { stdout } = await promisify(execFile)("sysctl", ["-n", "machdep.cpu.features", "machdep.cpu.leaf7_features"]);
  return flagsOfMac(stdout);
}

export function flagsOfLinux(cpuinfo: string): Set<string> {
  return new Set(
    cpuinfo
      .match(/^flags\s*:(.*)$/m)?.[1]
      ?.trim()
      .split(/\s+/),
  );
}

export function flagsOfMac(sysctl: string): Set<string> {
  return new Set(sysctl.toLowerCase().split(/\s+/));
}
