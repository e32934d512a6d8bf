// ECMAScript leaves the last bits of Math.exp and Math.log to the engine. What the learner keeps must be the same bit for bit on
// each of them, so these use additions, multiplications and divisions only, which IEEE 754 fixes. The way and the
// constants are fdlibm's e_exp.c and e_log.c (Sun Microsystems, 1993): errors below one unit in the last place.

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const INVERSE_LN2 = Math.LOG2E;

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);

/** eˣ; 0 below −745.2, Infinity above 709.8, NaN of NaN. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  const k = Math.abs(x) < 0.5 * LN2_HIGH ? 0 : Math.trunc(INVERSE_LN2 * x + (x < 0 ? -0.5 : 0.5));
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  const y = k === 0 ? 1 - ((r * c) / (c - 2) - r) : 1 - (low - (r * c) / (2 - c) - high);
  if (k === 0) return y;
  // In two steps, so that neither factor leaves the range.
  const half = k >> 1;
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

/** Natural logarithm; −Infinity of 0, NaN below. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let k = 0;
  let normal = x;
  if (x < 2.2250738585072014e-308) {
    normal = x * 18_014_398_509_481_984; // 2^54
    k = -54;
  }
  word[0] = normal;
  const bits = halves[1] as number;
  k += (bits >>> 20) - 1023;
  // The fraction is brought between √½ and √2.
  const mantissa = bits & 0xf_ffff;
  const shift = (mantissa + 0x9_5f64) & 0x10_0000;
  halves[1] = mantissa | (shift ^ 0x3ff0_0000);
  k += shift >>> 20;
  const f = (word[0] as number) - 1;
  if (f === 0) return k * LN2_HIGH + k * LN2_LOW;
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const odd = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const even = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const r = even + odd;
  const half = 0.5 * f * f;
  return k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
}

/** 1 / (1 + e⁻ˣ), without overflow. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}

/** 2ᵏ for −1022 ≤ k ≤ 1023. */
function powerOfTwo(k: number): number {
  word[0] = 0;
  halves[1] = (k + 1023) << 20;
  return word[0] as number;
}
