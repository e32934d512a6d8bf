import sharp from "sharp";

/** A JPEG of a drawn red T-shirt on white, `size` pixels square: a photo for tests that need some garment, no matter which. */
export function drawnPhoto(size = 480, colour = "#c0272d"): Promise<Uint8Array> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100" width="${size}" height="${size}">
    <rect width="100" height="100" fill="#fff"/>
    <path fill="${colour}" d="M34 16 L12 30 L20 46 L30 41 L30 86 L70 86 L70 41 L80 46 L88 30 L66 16 Q50 28 34 16 Z"/>
  </svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 90 }).toBuffer();
}
