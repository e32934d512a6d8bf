import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** TypeScript files (.ts, .tsx) below some folders, as paths from the root with "/", sorted. */
export async function sourceFiles(root: string, folders: string[]): Promise<string[]> {
  const files: string[] = [];
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.tsx?$/.test(entry.name)) {
        files.push(relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"));
      }
    }
  }
  return files.filter((file) => !file.includes("tap-testdir")).sort();
}
