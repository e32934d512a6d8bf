import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CommandError } from "../../command.ts";
import type { Hub, HubFile, HubRepository } from "./hub.ts";

export interface DownloadOptions {
  hub: Hub;
  repository: HubRepository;
  /** Where the repository's paths are laid out. */
  folder: string;
  /** An answer that stands still for so long is asked for again from where it stopped, ms. Default 30,000. */
  stallMs?: number;
  /** Told of every piece; negative when a piece is thrown away. */
  onBytes(count: number): void;
  onRetry(reason: string): void;
  signal?: AbortSignal | undefined;
}

/** Answers that end too early are asked for again so often without one more byte. */
const FRUITLESS_TRIES = 5;

/**
 * A file of the hub in the folder, whole and verified: what an interrupted run left is gone on with.
 * @returns its SHA-256.
 * @throws CommandError when the bytes are not those that the hub promised, twice.
 */
export async function download(file: HubFile, options: DownloadOptions): Promise<string> {
  const path = join(options.folder, ...file.path.split("/"));
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  if (await sizeOf(path)) {
    const sums = await checksums(path, file.bytes);
    if (matches(file, sums)) {
      options.onBytes(file.bytes);
      return sums.sha256;
    }
    await rm(path);
  }
  for (let attempt = 1; ; attempt++) {
    await fill(part, file, options);
    const sums = await checksums(part, file.bytes);
    if (matches(file, sums)) {
      await rename(part, path);
      return sums.sha256;
    }
    await rm(part);
    options.onBytes(-file.bytes);
    if (attempt === 2) {
      throw new CommandError(
        `${file.path}: the checksum is ${file.sha256 ? sums.sha256 : sums.blobId}, expected ${file.sha256 ?? file.blobId}: the hub or something on the way changes it`,
      );
    }
    options.onRetry(`${file.path}: wrong checksum, once more from the start`);
  }
}

/** Fetches until the part has the length that the hub promised. */
async function fill(part: string, file: HubFile, options: DownloadOptions): Promise<void> {
  let have = await sizeOf(part);
  if (have > file.bytes) {
    await rm(part);
    have = 0;
  }
  options.onBytes(have);
  if (file.bytes === 0) await pipeline(Readable.from([]), createWriteStream(part));
  for (let fruitless = 0; have < file.bytes; ) {
    const before = have;
    const reason = await fetchFrom(part, file, have, options);
    options.signal?.throwIfAborted();
    have = await sizeOf(part);
    if (have > file.bytes) return; // longer than promised: the checksum will say so
    if (have === file.bytes) return;
    fruitless = have > before ? 0 : fruitless + 1;
    if (fruitless === FRUITLESS_TRIES) {
      throw new CommandError(`${file.path}: ${reason}; run the same command again to go on`);
    }
    options.onRetry(`${file.path}: ${reason}, on from byte ${have}`);
  }
}

/** One answer, appended; one that begins at the start although more was asked for replaces what is there. */
async function fetchFrom(part: string, file: HubFile, offset: number, options: DownloadOptions): Promise<string> {
  const { hub, repository, stallMs = 30_000, signal, onBytes } = options;
  const stalled = new AbortController();
  const both = AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]);
  const response = await hub.open(repository, file.path, offset, both);
  const resumed = offset > 0 && response.status === 206;
  if (offset > 0 && !resumed) onBytes(-offset);
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  };
  let left = file.bytes - (resumed ? offset : 0);
  try {
    watch();
    await pipeline(
      Readable.fromWeb(response.body as never),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          watch();
          left -= chunk.length;
          onBytes(chunk.length);
          yield chunk;
          if (left < 0) return; // more than promised need not be stored to be refused
        }
      },
      createWriteStream(part, { flags: resumed ? "a" : "w" }),
      { signal: both },
    );
    return "the answer ended too early";
  } catch (error) {
    if (signal?.aborted) throw error;
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
      throw new CommandError(`no space left for ${part}; what is there stays: run the same command again`);
    }
    return stalled.signal.aborted ? String(stalled.signal.reason.message) : "the answer broke off";
  } finally {
    clearTimeout(timer);
  }
}

function matches(file: HubFile, sums: { sha256: string; blobId: string; bytes: number }): boolean {
  if (sums.bytes !== file.bytes) return false;
  if (file.sha256 !== undefined) return file.sha256 === sums.sha256;
  return file.blobId === undefined || file.blobId === sums.blobId;
}

/** SHA-256 of the bytes, and SHA-1 as git names a blob: of "blob", its length, a zero, and the bytes. */
async function checksums(file: string, bytes: number): Promise<{ sha256: string; blobId: string; bytes: number }> {
  const hashes: Hash[] = [createHash("sha256"), createHash("sha1").update(`blob ${bytes}\0`)];
  let count = 0;
  for await (const chunk of createReadStream(file)) {
    count += (chunk as Buffer).length;
    for (const hash of hashes) hash.update(chunk as Buffer);
  }
  const [sha256 = "", blobId = ""] = hashes.map((hash) => hash.digest("hex"));
  return { sha256, blobId, bytes: count };
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
