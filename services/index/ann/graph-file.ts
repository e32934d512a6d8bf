import { createHash, type Hash, randomUUID } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { AnnError, type AnnMetric } from "./ann.ts";

/**
 * A graph file is what the engine wrote, and behind it what it is and a checksum of all: FAISS reads links without
 * looking whether they lead anywhere, so that one flipped bit in a file could end the process.
 *
 *     content            as the engine wrote it; it reads no further
 *     head               JSON, a GraphHead
 *     length of head     uint32, little-endian
 *     sha-256            32 bytes, of all before
 *     magic              8 bytes, "FFGRAPH1"
 */
export interface GraphHead {
  dimensions: number;
  metric: AnnMetric;
  count: number;
  factory: string;
}

const MAGIC = Buffer.from("FFGRAPH1");
const TAIL_BYTES = 4 + 32 + MAGIC.length;
const MAX_HEAD_BYTES = 2 ** 16;
/** Hashing this much holds the event loop for less than a millisecond. */
const STRIDE_BYTES = 2 ** 20;

/** Have an engine write its content aside, seal it, and put it in place of what was there. */
export async function writeGraphFile(
  file: string,
  head: GraphHead,
  write: (content: string) => Promise<unknown>,
): Promise<void> {
  const aside = `${file}.${randomUUID()}.tmp`;
  try {
    await write(aside);
    await seal(aside, head);
    await rename(aside, file);
  } finally {
    await rm(aside, { force: true });
  }
}

/** Append head and checksum to what an engine wrote, and have it all on disk. */
async function seal(file: string, head: GraphHead): Promise<void> {
  await using handle = await open(file, "r+");
  const { size } = await handle.stat();
  const hash = createHash("sha256");
  await hashed(handle, size, hash);
  const json = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const checksum = hash.update(json).update(length).digest();
  const tail = Buffer.concat([json, length, checksum, MAGIC]);
  await handle.write(tail, 0, tail.length, size);
  await handle.sync();
}

/**
 * Read a whole graph file once, and say what it holds.
 * @throws {AnnError} it is cut, damaged or no graph file; {Error} it cannot be read
 */
export async function verifyGraphFile(file: string): Promise<GraphHead & { contentBytes: number }> {
  await using handle = await open(file, "r");
  const { size } = await handle.stat();
  const broken = (what: string) => new AnnError(`graph file ${file} ${what}: build the graph anew`);
  if (size < TAIL_BYTES) throw broken(`is cut: expected ${TAIL_BYTES} bytes or more, got ${size}`);
  const tail = Buffer.alloc(TAIL_BYTES);
  await handle.read(tail, 0, TAIL_BYTES, size - TAIL_BYTES);
  if (!tail.subarray(36).equals(MAGIC)) throw broken("has no end mark: it is cut, or not a graph file");
  const headBytes = tail.readUInt32LE(0);
  if (headBytes > MAX_HEAD_BYTES || headBytes > size - TAIL_BYTES) throw broken(`has a head of ${headBytes} bytes`);
  const hash = createHash("sha256");
  await hashed(handle, size - TAIL_BYTES + 4, hash);
  if (!hash.digest().equals(tail.subarray(4, 36))) throw broken("is damaged: its checksum does not match");
  const contentBytes = size - TAIL_BYTES - headBytes;
  const json = Buffer.alloc(headBytes);
  await handle.read(json, 0, headBytes, contentBytes);
  return { ...(JSON.parse(json.toString()) as GraphHead), contentBytes };
}

/** The first bytes of a file, piece by piece. */
async function hashed(handle: FileHandle, bytes: number, hash: Hash): Promise<void> {
  const buffer = Buffer.alloc(Math.min(bytes, STRIDE_BYTES));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, bytes - at), at);
    if (bytesRead === 0) throw new AnnError(`expected ${bytes} bytes, the file ended after ${at}`);
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
}
