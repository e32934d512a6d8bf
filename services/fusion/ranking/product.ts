/**
 * a · b, in eight sums so that the processor can do them side by side: four on one way through and four on another, for more than four
 * do not stay in its registers. Undefined when the lengths differ.
 */
export function product(a: Float32Array, b: Float32Array): number | undefined {
  const n = a.length;
  if (n !== b.length) return undefined;
  const whole = n - (n % 8);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < whole; i += 8) {
    s0 += (a[i] as number) * (b[i] as number);
    s1 += (a[i + 1] as number) * (b[i + 1] as number);
    s2 += (a[i + 2] as number) * (b[i + 2] as number);
    s3 += (a[i + 3] as number) * (b[i + 3] as number);
  }
  for (let i = whole; i < n; i++) s0 += (a[i] as number) * (b[i] as number);
  const first = s0 + s1 + (s2 + s3);
  s0 = 0;
  s1 = 0;
  s2 = 0;
  s3 = 0;
  for (let i = 4; i < whole; i += 8) {
    s0 += (a[i] as number) * (b[i] as number);
    s1 += (a[i + 1] as number) * (b[i + 1] as number);
    s2 += (a[i + 2] as number) * (b[i + 2] as number);
    s3 += (a[i + 3] as number) * (b[i + 3] as number);
  }
  return first + (s0 + s1) + (s2 + s3);
}
