import { Buffer } from "node:buffer";
import { fromLowerHalf, lowerHalf, readDoubles, writeDoubles } from "./numbers.ts";
import type { CommonState, GaussianBelief, PersonState, Priors } from "./state.ts";

// JSON with float64 as base64, so that every bit comes back; of symmetric matrices the lower half. Equal states made by equal folds
// are equal bytes.

interface PackedBelief {
  mean: string;
  covariance: string;
  comparisons?: number;
}
type Packed<T> = Record<string, T>;

export function encodePerson({ beliefs, learnedSeq, ...rest }: PersonState): Uint8Array {
  return toBytes({ ...rest, learnedSeq: String(learnedSeq), beliefs: mapValues(beliefs, pack) });
}

/** @throws SyntaxError or RangeError for bytes that encodePerson did not write. */
export function decodePerson(bytes: Uint8Array): PersonState {
  const { beliefs, learnedSeq, ...rest } = fromBytes(bytes) as Omit<PersonState, "beliefs" | "learnedSeq"> & {
    beliefs: Packed<PackedBelief>;
    learnedSeq: string;
  };
  const unpacked = mapValues(beliefs, (one) => ({ ...unpack(one), comparisons: one.comparisons ?? 0 }));
  return { ...rest, beliefs: unpacked, learnedSeq: BigInt(learnedSeq) };
}

export function encodeCommon({ seq, priors, moving, ...rest }: CommonState): Uint8Array {
  const packed = { priors: mapValues(priors, pack), moving: mapValues(moving, toBase64) };
  return toBytes({ ...rest, seq: String(seq), ...packed });
}

/** @throws SyntaxError or RangeError for bytes that encodeCommon did not write. */
export function decodeCommon(bytes: Uint8Array): CommonState {
  const { seq, priors, moving, ...rest } = fromBytes(bytes) as Pick<CommonState, "lessons" | "policies"> & {
    seq: string;
    priors: Packed<PackedBelief>;
    moving: Packed<string>;
  };
  return { ...rest, seq: BigInt(seq), priors: mapValues(priors, unpack), moving: mapValues(moving, fromBase64) };
}

/** For the `prior` entries of the log. */
export function encodePriors(priors: Priors): Uint8Array {
  return toBytes(mapValues(priors, pack));
}

/** @throws SyntaxError or RangeError for bytes that encodePriors did not write. */
export function decodePriors(bytes: Uint8Array): Priors {
  return mapValues(fromBytes(bytes) as Packed<PackedBelief>, unpack);
}

function pack({ mean, covariance, comparisons }: GaussianBelief & { comparisons?: number }): PackedBelief {
  const packed = { mean: toBase64(mean), covariance: toBase64(lowerHalf(covariance)) };
  return comparisons === undefined ? packed : { ...packed, comparisons };
}

function unpack({ mean, covariance }: PackedBelief): GaussianBelief {
  const means = fromBase64(mean);
  return { mean: means, covariance: fromLowerHalf(fromBase64(covariance), means.length) };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function toBase64(values: Float64Array): string {
  return Buffer.from(writeDoubles(values).buffer).toString("base64");
}

function fromBase64(text: string): Float64Array {
  return readDoubles(Buffer.from(text, "base64"));
}

function toBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function fromBytes(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
