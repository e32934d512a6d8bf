import sharp from "sharp";
import { weave } from "./cloth.ts";
import type { SampleGarment } from "./wardrobe.ts";

const WIDTH = 400;
const HEIGHT = 534;

/** The drawing as SVG text: the garment on a light ground with a soft shadow, as on a photograph from above. */
export function garmentSvg({ colour, pattern, shape }: SampleGarment): string {
  const { cloth, definition } = weave(colour, pattern);
  const drawing = shape(cloth);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
  <defs>
    ${definition}
    <radialGradient id="ground" cx=".4" cy=".35" r=".9"><stop offset="0" stop-color="#e6e1d8"/><stop offset="1" stop-color="#c2bbb0"/></radialGradient>
    <filter id="soft" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="8"/></filter>
  </defs>
  <style>
    path, rect, circle { stroke-linejoin: round; stroke-linecap: round; }
    path[stroke] { vector-effect: none; }
    .line { fill: none; stroke-width: 7; }
    .seam { fill: none; stroke-width: 2.5; stroke-dasharray: 7 4; }
    .fold { fill: none; stroke-width: 3; opacity: .45; }
    path:not([fill]) { fill: none; }
  </style>
  <rect width="${WIDTH}" height="${HEIGHT}" fill="url(#ground)"/>
  <g filter="url(#soft)" opacity=".35" transform="translate(8 12)">${silhouette(drawing)}</g>
  ${drawing}
</svg>`;
}

/** The drawing as a PNG file of 400 × 534. The same garment gives the same bytes, so seeding it again adds nothing. */
export async function drawGarment(garment: SampleGarment): Promise<Uint8Array> {
  return await sharp(Buffer.from(garmentSvg(garment)))
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** The same shapes in black, for the shadow. */
function silhouette(drawing: string): string {
  return drawing.replace(/(fill|stroke)="(?!none)[^"]*"/g, '$1="#000"');
}
