import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** A file, and what it is called in a digest: where it lies counts for nothing. */
export interface NamedFile {
  name: string;
  file: string;
}

/** What is made of these files changes with their names, their order and every byte of them. 16 hexadecimal digits. */
export async function digestOf(format: string, files: readonly NamedFile[]): Promise<string> {
  const hash = createHash("sha256").update(`${format}\n`);
  for (const { name, file } of files) {
    const bytes = await readFile(file);
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Every file below a folder, in order, under its path from there. */
export async function filesBelow(folder: string): Promise<NamedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.sort().map((file) => ({ name: relative(folder, file), file }));
}
