/** Microseconds since 1970, before it negative, as the fields of google.protobuf.Timestamp. */
export function timestampFromMicros(micros: bigint): { seconds: bigint; nanos: number } {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { seconds: (micros - rest) / 1_000_000n, nanos: Number(rest) * 1000 };
}
