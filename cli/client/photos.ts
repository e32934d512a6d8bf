import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { CommandError } from "../command.ts";
import { isCategory } from "./categories.ts";

/** The largest photo that the service takes, in bytes. */
export const MAX_PHOTO_BYTES = 10_485_760;

const EXTENSIONS = [".jpg", ".jpeg", ".png", ".webp", ".avif"];

/** A photo file below the folder that was named. */
export interface PhotoFile {
  /** Path from that folder. */
  key: string;
  path: string;
  /** The nearest folder whose name is a category; "" if none is: the models decide. */
  category: string;
}

/** A file that cannot be a photo, and why. */
export interface BadFile {
  key: string;
  reason: string;
}

/** Every photo below a folder, sorted by path, so that an interrupted run goes on in the same order. */
export async function findPhotos(folder: string): Promise<{ photos: PhotoFile[]; bad: BadFile[] }> {
  const info = await stat(folder).catch(() => undefined);
  if (!info?.isDirectory())
    throw new CommandError(`expected a folder with photos, got ${folder}: there is no such folder`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, key: relative(folder, path) }))
    .filter(({ key }) => !key.split("/").some((part) => part.startsWith(".")))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const photos: PhotoFile[] = [];
  const bad: BadFile[] = [];
  for (const { path, key } of files) {
    const reason = await reasonAgainst(path);
    if (reason === undefined) photos.push({ key, path, category: categoryOf(key, folder) });
    else bad.push({ key, reason });
  }
  return { photos, bad };
}

async function reasonAgainst(path: string): Promise<string | undefined> {
  if (!EXTENSIONS.includes(extname(path).toLowerCase())) return `not a photo by its name (${EXTENSIONS.join(" ")})`;
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (info instanceof Error) return `cannot be read (${info.code})`;
  if (!info.isFile()) return "not a file";
  if (info.size === 0) return "empty file";
  if (info.size > MAX_PHOTO_BYTES) return `${info.size} bytes, expected at most ${MAX_PHOTO_BYTES}`;
  return undefined;
}

function categoryOf(key: string, folder: string): string {
  const folders = [basename(folder), ...dirname(key).split("/")].reverse();
  return folders.map((name) => name.toLowerCase()).find(isCategory) ?? "";
}
