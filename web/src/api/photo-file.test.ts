import t from "tap";
import { MAX_PHOTO_BYTES, photoRefusal } from "./photo-file.ts";

t.test("the four kinds of photo are let through up to 10 MiB", async (t) => {
  for (const type of ["image/jpeg", "image/png", "image/webp", "image/avif"]) {
    t.equal(photoRefusal({ size: MAX_PHOTO_BYTES, type }), undefined, type);
  }
});

t.test("anything else is refused with what to do", async (t) => {
  t.match(photoRefusal({ size: 10, type: "image/heic" }), {
    reason: "HEIC photos cannot be read here.",
    advice: /JPEG/,
  });
  t.match(photoRefusal({ size: 10, type: "" }), { reason: /no photo/ });
  t.match(photoRefusal({ size: 10, type: "image/svg+xml" }), { reason: /^SVG photos/ });
  t.match(photoRefusal({ size: 10, type: "text/plain" }), { reason: /no photo/ });
  t.match(photoRefusal({ size: 0, type: "image/png" }), { reason: /empty/ });
  t.match(photoRefusal({ size: 12 * 1024 * 1024, type: "image/png" }), { reason: /12\.0 MB/, advice: /smaller/ });
});
