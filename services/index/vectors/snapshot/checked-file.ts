import { crc32 } from "node:zlib";
import { CorruptSnapshotError } from "./errors.ts";
import type { Files } from "./files.ts";

/** Bytes under one checksum. */
export const CHUNK_BYTES = 2 ** 20;

/** What a manifest says of a file. */
export interface FileSum {
  bytes: number;
  /** CRC-32 of each {@link CHUNK_BYTES}, the last one shorter. */
  sums: number[];
}

/** Write a file chunk by chunk, sum each, and wait until it is on the disk. Parts may have any length; they are copied. */
export async function writeChecked(
  files: Files,
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<FileSum> {
  const file = await files.open(path, "wx");
  try {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const sum: FileSum = { bytes: 0, sums: [] };
    let filled = 0;
    const flush = async () => {
      if (filled === 0) return;
      const bytes = chunk.subarray(0, filled);
      sum.sums.push(crc32(bytes));
      sum.bytes += filled;
      filled = 0;
      await files.write(file, bytes);
    };
    for await (const part of parts) {
      for (let done = 0; done < part.length; ) {
        const piece = part.subarray(done, done + CHUNK_BYTES - filled);
        chunk.set(piece, filled);
        filled += piece.length;
        done += piece.length;
        if (filled === CHUNK_BYTES) await flush();
      }
    }
    await flush();
    await file.sync();
    return sum;
  } finally {
    await file.close();
  }
}

/** Read a file from its start into the memory that `target` gives for each run of bytes; every chunk must have its sum. */
export async function readChecked(files: Files, path: string, { bytes, sums }: FileSum, target: Target): Promise<void> {
  const actual = await files.sizeOf(path);
  if (actual !== bytes) throw new CorruptSnapshotError(`${path}: expected ${bytes} bytes, got ${actual}`);
  if (sums.length !== Math.ceil(bytes / CHUNK_BYTES)) {
    throw new CorruptSnapshotError(`${path}: expected a sum for each chunk, got ${sums.length}`);
  }
  const file = await files.open(path, "r");
  try {
    for (const [at, expected] of sums.entries()) {
      const start = at * CHUNK_BYTES;
      const end = Math.min(bytes, start + CHUNK_BYTES);
      let crc = 0;
      for (let done = start; done < end; ) {
        const memory = target(done, end - done);
        const { bytesRead } = await file.read(memory, 0, Math.min(memory.length, end - done), done);
        if (bytesRead === 0) throw new CorruptSnapshotError(`${path}: ends after ${done} bytes`);
        crc = crc32(memory.subarray(0, bytesRead), crc);
        done += bytesRead;
      }
      if (crc !== expected) throw new CorruptSnapshotError(`${path}: the bytes from ${start} to ${end} have changed`);
    }
  } finally {
    await file.close();
  }
}

/** Memory for the bytes of a file from `at` on: 1 or more of the `length` that are left of the chunk. */
export type Target = (at: number, length: number) => Uint8Array;

/** A whole file, checked. */
export async function readWhole(files: Files, path: string, sum: FileSum): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(sum.bytes);
  await readChecked(files, path, sum, (at, length) => whole.subarray(at, at + length));
  return whole;
}

/** Sum a file that somebody else wrote, and wait until it is on the disk. */
export async function sumFile(files: Files, path: string): Promise<FileSum> {
  await files.sync(path);
  const bytes = await files.sizeOf(path);
  const sums: number[] = [];
  const file = await files.open(path, "r");
  const chunk = new Uint8Array(CHUNK_BYTES);
  try {
    for (let start = 0; start < bytes; start += CHUNK_BYTES) {
      let crc = 0;
      const end = Math.min(bytes, start + CHUNK_BYTES);
      for (let done = start; done < end; ) {
        const { bytesRead } = await file.read(chunk, 0, end - done, done);
        if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
        crc = crc32(chunk.subarray(0, bytesRead), crc);
        done += bytesRead;
      }
      sums.push(crc);
    }
  } finally {
    await file.close();
  }
  return { bytes, sums };
}

/** Check a file that somebody else will read. */
export async function checkFile(files: Files, path: string, sum: FileSum): Promise<void> {
  const scratch = new Uint8Array(CHUNK_BYTES);
  await readChecked(files, path, sum, (_at, length) => scratch.subarray(0, length));
}
