import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** Where Debian's package dataset-fashion-mnist has it. */
const FOLDER = process.env.FASHION_MNIST ?? "/usr/share/datasets/fashion-mnist";

export interface Vectors {
  dimensions: number;
  count: number;
  /** `[count, dimensions]` in memory that threads share. */
  values: Float32Array;
}

/** The pixels of photographs of garments as vectors of 784 values, 0 to 255: 60,000 to search in and 10,000 to ask for. */
export async function fashionMnist(): Promise<{ base: Vectors; queries: Vectors } | { reason: string }> {
  try {
    return {
      base: await images("train-images-idx3-ubyte.gz"),
      queries: await images("t10k-images-idx3-ubyte.gz"),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { reason: `no Fashion-MNIST in ${FOLDER}: apt-get install dataset-fashion-mnist, or set FASHION_MNIST` };
  }
}

/** The IDX format: magic, images, rows, columns as big-endian uint32, then a byte a pixel. */
async function images(name: string): Promise<Vectors> {
  const bytes = await promisify(gunzip)(await readFile(join(FOLDER, name)));
  const [magic, count, rows, columns] = [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at)) as [number, ...number[]];
  if (magic !== 0x803) throw new Error(`expected images in ${name}, got magic ${magic}`);
  const dimensions = rows! * columns!;
  const values = new Float32Array(new SharedArrayBuffer(count! * dimensions * 4));
  values.set(bytes.subarray(16, 16 + values.length));
  return { dimensions, count: count!, values };
}
