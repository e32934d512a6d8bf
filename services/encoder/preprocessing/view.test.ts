import fc from "fast-check";
import t from "tap";
import { parseView, planView, viewKey } from "./view.ts";

const clip = {
  size: { shortest_edge: 112 },
  do_center_crop: true,
  crop_size: 112,
  image_mean: [0.5, 0.4, 0.3],
  image_std: [0.2, 0.2, 0.2],
};

t.test("the shortest side is kept in proportion and the middle is cut out", (t) => {
  const plan = planView(parseView(clip), { width: 400, height: 533 });
  t.same(plan.resized, { width: 112, height: 149 });
  t.same(plan.extract, { width: 112, height: 112, left: 0, top: 18 });
  t.end();
});

t.test("a bare size is a shortest edge to CLIP and a square to others", (t) => {
  t.same(parseView({ size: 224, image_processor_type: "CLIPImageProcessor" }).resize, { kind: "shortest", edge: 224 });
  t.same(parseView({ size: 224, image_processor_type: "ViTImageProcessor" }).resize, {
    kind: "exact",
    width: 224,
    height: 224,
  });
  t.end();
});

t.test("what is not supported is refused readably", (t) => {
  t.throws(() => parseView({ ...clip, resample: 4 }), /resample is 4, expected 0/);
  t.throws(() => parseView({ ...clip, do_pad: true }), /do_pad/);
  t.throws(() => parseView({ ...clip, size: { longest_edge: 3 } }), /size/);
  t.throws(() => parseView({}), /size is missing/);
  t.throws(() => parseView(undefined), /expected object/);
  t.end();
});

t.test("equal views share a key, others do not", (t) => {
  t.equal(viewKey(parseView(clip)), viewKey(parseView({ ...clip, crop_size: { height: 112, width: 112 } })));
  t.not(viewKey(parseView(clip)), viewKey(parseView({ ...clip, do_center_crop: false })));
  t.end();
});

t.test("the cut always lies inside the photo and the output has the size asked for", (t) => {
  const side = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(side, side, (width, height) => {
      const { resized, extract, output } = planView(parseView(clip), { width, height });
      t.same([output.width, output.height, Math.min(resized.width, resized.height)], [112, 112, 112]);
      t.ok(extract.left >= 0 && extract.left + extract.width <= resized.width);
      t.ok(extract.top >= 0 && extract.top + extract.height <= resized.height);
    }),
    { numRuns: 50 },
  );
  t.end();
});
