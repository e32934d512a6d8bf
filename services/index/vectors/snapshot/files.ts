import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";

/** What snapshots need of a file system; the real one but for tests that let it fail. */
export interface Files {
  mkdir(path: string): Promise<void>;
  /** Names in a directory; none if it is not there. */
  list(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** Remove a file or a directory with all that is in it. */
  remove(path: string): Promise<void>;
  sizeOf(path: string): Promise<number>;
  /** Write all bytes; the file must be open for writing. */
  write(file: FileHandle, bytes: Uint8Array): Promise<void>;
  open(path: string, flags: "r" | "wx"): Promise<FileHandle>;
  /** Until what was written, or renamed in a directory, will be there after a power cut. */
  sync(path: string): Promise<void>;
}

export const realFiles: Files = {
  async mkdir(path) {
    await mkdir(path, { recursive: true });
  },
  async list(path) {
    try {
      return await readdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  },
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  sizeOf: async (path) => (await stat(path)).size,
  async write(file, bytes) {
    for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
  },
  open: (path, flags) => open(path, flags),
  async sync(path) {
    const file = await open(path, "r");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },
};
