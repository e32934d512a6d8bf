import { z } from "zod";

/** How a model wants to see a photo: the meaning of its `preprocessor_config.json`. */
export interface View {
  resize: Resize;
  /** How pixels are interpolated; always antialiased when shrinking, as Pillow does it. */
  kernel: "nearest" | "linear" | "cubic" | "lanczos3";
  /** Cut from the middle after resizing; a smaller photo gets a black border. */
  crop: Size | undefined;
  /** Factor from 8-bit values to the model's; 1 when the model does not rescale. */
  rescale: number;
  /** Red, green, blue; subtracted after rescaling. */
  mean: Triple;
  /** Red, green, blue; divided by after subtracting the mean. */
  std: Triple;
}

export interface Size {
  width: number;
  height: number;
}

export type Triple = [number, number, number];

export type Resize =
  | { kind: "none" }
  /** To this size, whatever the proportions were. */
  | { kind: "exact"; width: number; height: number }
  /** Proportions kept; the shorter side gets this length. */
  | { kind: "shortest"; edge: number };

/** Pixels to make of one photo: resize to `resized`, take `extract`, put it into `output`. */
export interface Plan {
  resized: Size;
  extract: Size & { left: number; top: number };
  output: Size & { left: number; top: number };
}

const side = z.number().int().positive().max(4096);
const sizeSchema = z.union([side, z.object({ height: side, width: side }), z.object({ shortest_edge: side })]);
const tripleSchema = z.tuple([z.number(), z.number(), z.number()]);

const preprocessorSchema = z.object({
  do_resize: z.boolean().default(true),
  size: sizeSchema.optional(),
  resample: z.number().int().default(3),
  do_center_crop: z.boolean().default(false),
  crop_size: sizeSchema.optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: tripleSchema.optional(),
  image_std: tripleSchema.optional(),
  image_processor_type: z.string().optional(),
  feature_extractor_type: z.string().optional(),
  do_pad: z.literal(false, { error: "padding (do_pad: true) is not supported" }).optional(),
  crop_pct: z.null({ error: "crop_pct is not supported: state size and crop_size" }).optional(),
});

/** Pillow's numbers for `resample`. */
const KERNELS: Record<number, View["kernel"]> = { 0: "nearest", 1: "lanczos3", 2: "linear", 3: "cubic" };

/**
 * Read a Hugging Face `preprocessor_config.json`.
 * @throws TypeError that names the key, what it holds and what is supported.
 */
export function parseView(json: unknown): View {
  const parsed = preprocessorSchema.safeParse(json);
  if (!parsed.success) throw new TypeError(z.prettifyError(parsed.error).replaceAll("\n", " "));
  const config = parsed.data;

  const kernel = KERNELS[config.resample];
  if (!kernel) {
    throw new TypeError(
      `resample is ${config.resample}, expected 0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic)`,
    );
  }
  if (config.do_resize && config.size === undefined) throw new TypeError("size is missing although do_resize is true");
  const std: Triple = config.do_normalize ? (config.image_std ?? [0.5, 0.5, 0.5]) : [1, 1, 1];
  if (std.includes(0)) throw new TypeError("image_std holds a zero, expected three divisors");

  return {
    resize: config.do_resize ? toResize(config.size, isClipLike(config)) : { kind: "none" },
    kernel,
    crop: config.do_center_crop ? toCrop(config.crop_size ?? config.size) : undefined,
    rescale: config.do_rescale ? config.rescale_factor : 1,
    mean: config.do_normalize ? (config.image_mean ?? [0.5, 0.5, 0.5]) : [0, 0, 0],
    std,
  };
}

/** Views with the same key see the same pixels, so that one decode serves them all. */
export function viewKey(view: View): string {
  return JSON.stringify([view.resize, view.kernel, view.crop, view.rescale, view.mean, view.std]);
}

/** Where the pixels of an upright photo of this size go, by Hugging Face's rounding (long side and margins are cut down). */
export function planView(view: View, photo: Size): Plan {
  const resized = resizedSize(view.resize, photo);
  const output = view.crop ?? resized;
  const width = Math.min(resized.width, output.width);
  const height = Math.min(resized.height, output.height);
  return {
    resized,
    extract: {
      width,
      height,
      left: Math.floor((resized.width - width) / 2),
      top: Math.floor((resized.height - height) / 2),
    },
    output: {
      ...output,
      left: Math.ceil((output.width - width) / 2),
      top: Math.ceil((output.height - height) / 2),
    },
  };
}

function resizedSize(resize: Resize, photo: Size): Size {
  if (resize.kind === "none") return photo;
  if (resize.kind === "exact") return { width: resize.width, height: resize.height };
  const { edge } = resize;
  return photo.width <= photo.height
    ? { width: edge, height: Math.floor((edge * photo.height) / photo.width) }
    : { width: Math.floor((edge * photo.width) / photo.height), height: edge };
}

function toResize(size: z.infer<typeof sizeSchema> | undefined, clipLike: boolean): Resize {
  if (size === undefined) return { kind: "none" };
  // A bare number means the shortest edge to CLIP's processor and a square to all others.
  if (typeof size === "number") {
    return clipLike ? { kind: "shortest", edge: size } : { kind: "exact", width: size, height: size };
  }
  if ("shortest_edge" in size) return { kind: "shortest", edge: size.shortest_edge };
  return { kind: "exact", width: size.width, height: size.height };
}

function toCrop(size: z.infer<typeof sizeSchema> | undefined): Size {
  if (size === undefined) throw new TypeError("crop_size is missing although do_center_crop is true");
  if (typeof size === "number") return { width: size, height: size };
  if ("shortest_edge" in size) return { width: size.shortest_edge, height: size.shortest_edge };
  return { width: size.width, height: size.height };
}

function isClipLike(config: { image_processor_type?: string; feature_extractor_type?: string }): boolean {
  return (config.image_processor_type ?? config.feature_extractor_type ?? "").startsWith("CLIP");
}
