import sharp from "sharp";
import type { Colour } from "../../services/fusion/outfits/palette.ts";

/** The mean colour of the middle of a photograph, 40 % of each side: measured, not what a model calls it. */
export async function measuredColour(file: string): Promise<Colour> {
  const { width = 0, height = 0 } = await sharp(file).metadata();
  const [w, h] = [Math.max(1, Math.round(width * 0.4)), Math.max(1, Math.round(height * 0.4))];
  const middle = { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h };
  const { channels } = await sharp(file).extract(middle).toColourspace("srgb").removeAlpha().stats();
  const [r = 0, g = 0, b = 0] = channels.map(({ mean }) => mean / 255);
  const max = Math.max(r, g, b);
  const chroma = max - Math.min(r, g, b);
  const sixth =
    chroma === 0 ? 0 : max === r ? (g - b) / chroma : max === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  // Photographs are greyer than names of colours.
  return { hue: (sixth * 60 + 360) % 360, chroma, lightness: max, neutral: chroma < 0.12 };
}
