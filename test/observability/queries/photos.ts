import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { drawnPhoto } from "../../support/drawn-photo.ts";

const folder = path.resolve(process.env.FLASHFIT_PHOTOS ?? "../shared/data/clothing", "validation");

/** Two real photographs of each category; drawn T-shirts of as many colours where there are none. */
export async function somePhotos(): Promise<{ photos: Uint8Array[]; real: boolean }> {
  if (!existsSync(folder)) {
    const colours = Array.from({ length: 20 }, (_, i) => `hsl(${i * 18}, 70%, 45%)`);
    return { photos: await Promise.all(colours.map((colour) => drawnPhoto(480, colour))), real: false };
  }
  const files = readdirSync(folder).flatMap((category) =>
    readdirSync(path.join(folder, category))
      .sort()
      .slice(0, 2)
      .map((file) => path.join(folder, category, file)),
  );
  return { photos: files.map((file) => new Uint8Array(readFileSync(file))), real: true };
}
