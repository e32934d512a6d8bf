import { stat } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { systemLibraryFolders } from "../../../kit/system-libraries.ts";
import { runnableVariants, type Variant } from "./cpu.ts";

/** The version that `npm run setup:faiss` builds. */
export const FAISS_VERSION = "1.12.0";

/** Where `npm run setup:faiss` puts what it built. */
export const toolsFolder = fileURLToPath(new URL(`../../../../.tools/faiss-${FAISS_VERSION}`, import.meta.url));

const SUFFIX = process.platform === "darwin" ? "dylib" : "so";

/** A library, and for which processors it was built as far as its name tells. */
export interface FoundLibrary {
  file: string;
  variant: Variant;
}

export type LibrarySearch = FoundLibrary | { reason: string };

/**
 * The best `libfaiss_c` that this processor runs: of `wanted` (FAISS_C_LIBRARY: a file, or a folder with the builds), and
 * nothing else if that is set; of what set-up built; of the system.
 */
export async function findLibrary(wanted?: string): Promise<LibrarySearch> {
  const runnable = await runnableVariants();
  if (wanted) {
    const kind = await stat(wanted).catch(() => undefined);
    if (kind?.isFile()) return { file: wanted, variant: variantOf(wanted) };
    const found = kind?.isDirectory() ? await firstIn(wanted, runnable) : undefined;
    return found ?? { reason: `FAISS_C_LIBRARY is ${wanted}, where no ${names(runnable).join(" or ")} is` };
  }
  for (const folder of [join(toolsFolder, "lib"), ...systemLibraryFolders]) {
    const found = await firstIn(folder, runnable);
    if (found) return found;
  }
  return { reason: "no libfaiss_c was found: run npm run setup:faiss, or set FAISS_C_LIBRARY" };
}

async function firstIn(folder: string, runnable: readonly Variant[]): Promise<FoundLibrary | undefined> {
  for (const variant of runnable) {
    const file = join(folder, nameOf(variant));
    const there = await stat(file).catch(() => undefined);
    if (there) return { file, variant };
  }
  return undefined;
}

function names(runnable: readonly Variant[]): string[] {
  return runnable.map(nameOf);
}

function nameOf(variant: Variant): string {
  return variant === "generic" ? `libfaiss_c.${SUFFIX}` : `libfaiss_c_${variant}.${SUFFIX}`;
}

function variantOf(file: string): Variant {
  return file.includes("avx512") ? "avx512" : file.includes("avx2") ? "avx2" : "generic";
}
