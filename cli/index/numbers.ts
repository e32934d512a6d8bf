/** "12.34 ms", three digits that say something. */
export function formatMs(ms: number): string {
  return `${ms >= 100 ? ms.toFixed(0) : Number(ms.toPrecision(3))} ms`;
}

/** "12,345" */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString("en-US");
}

/** "99.5 %" */
export function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
