import { AddPhotos } from "./add-photos.tsx";

/** How a wardrobe begins. */
export function EmptyWardrobe() {
  return (
    <div className="mt-8 grid gap-6 border border-line border-dashed px-6 py-12 text-center sm:px-12 sm:py-16">
      <p className="text-balance font-display text-2xl sm:text-3xl">Start with a few photos of what you wear</p>
      <p className="mx-auto max-w-lg text-pretty text-muted">
        One garment a photo, laid flat or hung up. Drop them here, paste them, or pick them; category, colour and a
        caption come by themselves. Then tap one to see what goes with it.
      </p>
      <div>
        <AddPhotos prominent />
      </div>
      <p className="text-muted text-sm">JPEG, PNG, WebP or AVIF, up to 10 MB each</p>
    </div>
  );
}
