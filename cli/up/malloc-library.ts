import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { systemLibraryFolders } from "../../services/kit/system-libraries.ts";
import { CommandError } from "../command.ts";

/** jemalloc 5, as distributions name it. */
const JEMALLOC = "libjemalloc.so.2";

/** What keeps a process with the memory functions of its C library. */
export const NO_MALLOC_LIBRARY = "none";

/**
 * The library that gives the Index its memory instead of the C library: `wanted` (INDEX_MALLOC_LIBRARY), else the system's
 * jemalloc. Linux only: elsewhere nothing is loaded before a program's own libraries (ld.so(8), LD_PRELOAD).
 *
 * @returns undefined: the C library's own functions are used
 * @throws CommandError there is no such file
 */
export function mallocLibrary(
  wanted: string | undefined,
  folders: readonly string[] = systemLibraryFolders,
): string | undefined {
  if (wanted === NO_MALLOC_LIBRARY || process.platform !== "linux") return undefined;
  if (!wanted) return folders.map((folder) => join(folder, JEMALLOC)).find((file) => existsSync(file));
  if (existsSync(wanted)) return wanted;
  throw new CommandError(
    `INDEX_MALLOC_LIBRARY: there is no file ${wanted}; expected a shared library, "${NO_MALLOC_LIBRARY}" for the C library's ` +
      "own functions, or nothing for the system's jemalloc",
  );
}
