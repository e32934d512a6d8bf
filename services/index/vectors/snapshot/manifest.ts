import { crc32 } from "node:zlib";
import type { VectorMetric } from "../types.ts";
import type { FileSum } from "./checked-file.ts";
import { CorruptSnapshotError } from "./errors.ts";

/** Raised with every change of the format; files of another one are not read. */
export const FORMAT = 1;

/** One index in a snapshot. */
export interface IndexManifest {
  name: string;
  dimensions: number;
  metric: VectorMetric;
  /** Rows, dead ones included. */
  rows: number;
  live: number;
  /** Floats from one row to the next in the vectors' file. */
  stride: number;
  graph?: { engine: string; factory: string; count: number };
}

/** What a snapshot is: written last, so that what it names is there. */
export interface Manifest {
  format: typeof FORMAT;
  /** The last change that is in it, a decimal. */
  seq: string;
  /** What it is of, in the owner's words: one of another key is not opened. */
  key: string;
  /** When, ISO 8601. */
  at: string;
  /** "little": a machine of the other byte order must not read it. */
  endian: "little" | "big";
  /** How many strings each list has. */
  lists: Record<string, number>;
  indexes: IndexManifest[];
  /** By path within the snapshot's folder. */
  files: Record<string, FileSum>;
}

/** The byte order of this machine. */
export const ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? "little" : "big";

/** A first line with the checksum of all that follows, then JSON. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const json = JSON.stringify(manifest);
  const sum = crc32(json).toString(16).padStart(8, "0");
  return new TextEncoder().encode(`flashfit-index-snapshot ${sum} ${json.length}\n${json}`);
}

/** @throws {CorruptSnapshotError} */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const text = new TextDecoder().decode(bytes);
  const [, sum, length, json] = /^flashfit-index-snapshot ([0-9a-f]{8}) (\d+)\n(.*)$/s.exec(text) ?? [];
  if (sum === undefined || json === undefined) throw new CorruptSnapshotError("manifest.json: is not a manifest");
  if (json.length !== Number(length)) {
    throw new CorruptSnapshotError(`manifest.json: expected ${length} characters, got ${json.length}`);
  }
  if (crc32(json).toString(16).padStart(8, "0") !== sum) throw new CorruptSnapshotError("manifest.json: has changed");
  const manifest = JSON.parse(json) as Manifest;
  if (manifest.format !== FORMAT) {
    throw new CorruptSnapshotError(`manifest.json: expected format ${FORMAT}, got ${manifest.format}`);
  }
  if (manifest.endian !== ENDIAN) {
    throw new CorruptSnapshotError(`manifest.json: is of a ${manifest.endian}-endian machine, this one is ${ENDIAN}`);
  }
  return manifest;
}
