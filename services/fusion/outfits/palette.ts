/** What is known of a colour by its name. */
export interface Colour {
  /** On the wheel of HSV, 0 to 360 degrees. */
  hue: number;
  /** Saturation × value in HSV, 0 (grey) to 1. */
  chroma: number;
  /** CIE L* / 100: 0 black, 1 white. */
  lightness: number;
  /** Goes with everything: it has no place on the wheel. */
  neutral: boolean;
}

/**
 * sRGB values of the thirteen colour names of the default model pack and of other common ones: those of CSS Color 4 where
 * it has the name, else a usual value of the textile trade.
 */
const SRGB: Readonly<Record<string, number>> = {
  ...{ black: 0x000000, white: 0xffffff, grey: 0x808080, red: 0xff0000, orange: 0xffa500, yellow: 0xffff00 },
  ...{ green: 0x008000, blue: 0x0000ff, navy: 0x000080, purple: 0x800080, pink: 0xffc0cb, brown: 0xa52a2a },
  ...{ beige: 0xf5f5dc, gray: 0x808080, silver: 0xc0c0c0, charcoal: 0x36454f, ivory: 0xfffff0, cream: 0xfffdd0 },
  ...{ tan: 0xd2b48c, khaki: 0xf0e68c, camel: 0xc19a6b, denim: 0x1560bd, olive: 0x808000, teal: 0x008080 },
  ...{ turquoise: 0x40e0d0, cyan: 0x00ffff, magenta: 0xff00ff, violet: 0xee82ee, maroon: 0x800000, burgundy: 0x800020 },
  ...{ gold: 0xffd700, coral: 0xff7f50, salmon: 0xfa8072, lavender: 0xe6e6fa, lime: 0x00ff00, indigo: 0x4b0082 },
};

/** Worn like black and white although the wheel knows them: the usual wardrobe neutrals. */
const NEUTRAL = new Set(["navy", "brown", "beige", "tan", "khaki", "camel", "denim", "cream", "ivory", "charcoal"]);
/** Below that the eye sees grey. */
const LEAST_CHROMA = 0.1;

const PALETTE = new Map(Object.entries(SRGB).map(([name, rgb]) => [name, colourOf(name, rgb)]));

/** The colour of this name, in any case; undefined for a name that is not known. */
export function namedColour(name: string): Colour | undefined {
  return PALETTE.get(name.trim().toLowerCase());
}

function colourOf(name: string, rgb: number): Colour {
  const [r, g, b] = [(rgb >> 16) / 255, ((rgb >> 8) & 255) / 255, (rgb & 255) / 255] as const;
  const [max, min] = [Math.max(r, g, b), Math.min(r, g, b)];
  const chroma = max - min;
  return {
    hue: hueOf(r, g, b),
    chroma,
    lightness: lightnessOf(r, g, b),
    neutral: NEUTRAL.has(name) || chroma < LEAST_CHROMA,
  };
}

function hueOf(r: number, g: number, b: number): number {
  const max = Math.max(r, g, b);
  const chroma = max - Math.min(r, g, b);
  if (chroma === 0) return 0;
  const sixth = max === r ? (g - b) / chroma : max === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  return (sixth * 60 + 360) % 360;
}

/** CIE L* of sRGB, IEC 61966-2-1 and CIE 15. */
function lightnessOf(...rgb: [number, number, number]): number {
  const [r, g, b] = rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as typeof rgb;
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (y * 24389) / 27) / 100;
}
