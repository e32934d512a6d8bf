#!/usr/bin/env python3
"""What Hugging Face's image processors make of a set of awkward images and of real photographs.

Not part of the product: it wrote `test/encoder/parity/`, which `test/encoder/parity.test.ts` compares our tensors with.
Run it again when a version of transformers or Pillow should be followed:

    python3 -m venv /tmp/hf && /tmp/hf/bin/pip install transformers==5.23.0 pillow==13.0.0 numpy==2.4.6
    /tmp/hf/bin/python scripts/reference/preprocess.py test/encoder/parity ../shared/data/clothing/validation

The reference is a processor's Pillow form (torch is not needed), called on the file as
`transformers.image_utils.load_image` opens it: EXIF orientation applied. Unlike load_image the mode is left alone, so that
the processor itself converts to RGB: it lays what is transparent over white, load_image would drop the alpha channel.

Written: `odd/*` (the images), `processors.json` (each as its `preprocessor_config.json`), `<processor>.png` with one
tensor below the other (taken back to 8 bits; the script fails if that loses anything), `reference.json` with names and
versions. Of photographs every 7th pixel of every 7th row is kept.
"""
import io
import json
import pathlib
import sys

import numpy as np
import PIL
import transformers
from PIL import Image, ImageCms, ImageOps
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

SEED = 20261121
SIDE = 48
STEP, FIRST = 7, 3
square = {"height": SIDE, "width": SIDE}
CLIP = {"size": {"shortest_edge": SIDE}, "crop_size": square}

# name -> (processor for the odd images, processor for photographs)
PROCESSORS = {
    "clip": (CLIPImageProcessorPil(**CLIP), CLIPImageProcessorPil()),
    "siglip": (SiglipImageProcessorPil(size=square), SiglipImageProcessorPil()),
    # ViT's processor leaves the mode alone unless it is asked: then only RGB files work with it.
    "vit": (ViTImageProcessorPil(size=square, do_convert_rgb=True), ViTImageProcessorPil(do_convert_rgb=True)),
    "blip": (BlipImageProcessorPil(size=square), BlipImageProcessorPil(size={"height": 224, "width": 224})),
    "lanczos": (SiglipImageProcessorPil(size=square, resample=1), SiglipImageProcessorPil(resample=1)),
    "bordered": (
        CLIPImageProcessorPil(size={"shortest_edge": 31}, crop_size=square),
        CLIPImageProcessorPil(size={"shortest_edge": 161}, crop_size={"height": 224, "width": 224}),
    ),
}


def scene(width, height):
    """Slopes, edges, a disc and a little noise: position, colour and filter can all be seen."""
    random = np.random.default_rng([SEED, width, height])
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    u, v = (x + 0.5) / width, (y + 0.5) / height
    rgb = np.stack([60 + 150 * u, 40 + 170 * v, 200 - 120 * u * v], axis=-1)
    rgb[(u > 0.5) & (v < 0.4)] = [220, 60, 50]
    rgb[np.hypot(u - 0.3, v - 0.65) < 0.2] = [30, 90, 200]
    rgb[(np.floor(u * 12) % 2 == 0) & (v > 0.85)] = [245, 240, 230]
    rgb += random.normal(0, 6, rgb.shape)
    return Image.fromarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8))


def with_alpha(image):
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    alpha = np.clip(255 * (x / image.width) * 1.3, 0, 255).astype(np.uint8)
    alpha[: image.height // 4] = 0
    return Image.fromarray(np.dstack([np.array(image), alpha]))


def swapped_profile():
    """sRGB with red and green exchanged: whoever applies a file's colour profile shows it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.index(b"rXYZ"), profile.index(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


def odd_images():
    base = scene(131, 97)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"exif-{orientation}.jpg", scene(67, 101), {"quality": 90, "exif": exif}
    yield "baseline.jpg", base, {"quality": 92}
    yield "progressive-444.jpg", base, {"quality": 92, "subsampling": 0, "progressive": True}
    yield "grey.jpg", base.convert("L"), {"quality": 92}
    yield "cmyk.jpg", base.convert("CMYK"), {"quality": 95}
    yield "other-profile.jpg", base, {"quality": 92, "icc_profile": swapped_profile()}
    yield "alpha.png", with_alpha(base), {}
    yield "alpha.webp", with_alpha(base), {"lossless": True}
    yield "grey-alpha.png", with_alpha(base).convert("LA"), {}
    yield "palette.png", base.quantize(64), {}
    yield "palette-transparent.png", base.quantize(64), {"transparency": 3}
    yield "grey.png", base.convert("L"), {}
    yield "one-bit.png", base.convert("1"), {}
    sixteen = np.array(base.convert("L")).astype(np.uint16) * 257
    yield "grey-16.png", Image.fromarray(sixteen), {}
    yield "lossless.webp", base, {"lossless": True}
    yield "lossy.webp", base, {"quality": 85}
    yield "lossy.avif", base, {"quality": 85}
    negative = ImageOps.invert(base)
    yield "animated.webp", base, {"save_all": True, "append_images": [negative], "lossless": True, "duration": 90}
    yield "animated.avif", base, {"save_all": True, "append_images": [negative], "quality": 90, "duration": 90}
    yield "tall-1.png", scene(1, 173), {}
    yield "wide-1.png", scene(211, 1), {}
    yield "single.png", scene(1, 1), {}
    yield "small.png", scene(7, 5), {}
    yield "very-wide.png", scene(900, 19), {}
    yield "square-odd.png", scene(49, 49), {}
    yield "same-size.png", scene(SIDE, SIDE), {}
    yield "large.jpg", scene(1201, 907), {"quality": 60}


def rgb_16_png(image):
    """A PNG of 16 bits a channel, which Pillow reads but does not write."""
    import struct
    import zlib

    samples = np.array(image).astype(">u2") * 257
    samples[..., 0] ^= 0x5A  # the low bytes differ from the high ones
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", image.width, image.height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def reference(processor, file):
    """The processor's tensor as 8-bit values [height, width, 3]."""
    image = ImageOps.exif_transpose(Image.open(file))
    tensor = processor(image, return_tensors="np")["pixel_values"][0].astype(np.float64)
    mean, std = (np.array(v).reshape(3, 1, 1) for v in (processor.image_mean, processor.image_std))
    values = (tensor * std + mean) / processor.rescale_factor
    eight = np.rint(values)
    assert np.abs(values - eight).max() < 1e-3 and 0 <= eight.min() and eight.max() <= 255, file
    return np.moveaxis(eight.astype(np.uint8), 0, -1)


def sampled(tensor):
    margin = SIDE - len(range(FIRST, 224, STEP))
    return np.pad(tensor[FIRST::STEP, FIRST::STEP], ((0, margin), (0, margin), (0, 0)))


def main(out, photographs):
    odd = out / "odd"
    odd.mkdir(parents=True, exist_ok=True)
    for name, image, options in odd_images():
        image.save(odd / name, **options)
    (odd / "rgb-16.png").write_bytes(rgb_16_png(scene(131, 97)))

    files = sorted(odd.iterdir())
    photos = [file for folder in sorted(photographs.iterdir()) for file in sorted(folder.iterdir())[1:2]]
    for name, (small, full) in PROCESSORS.items():
        tensors = [reference(small, file) for file in files]
        tensors += [sampled(reference(full, file)) for file in photos]
        Image.fromarray(np.concatenate(tensors)).save(out / f"{name}.png", optimize=True)
    described = {
        "seed": SEED,
        "versions": {"transformers": transformers.__version__, "pillow": PIL.__version__, "numpy": np.__version__},
        "odd": [file.name for file in files],
        "photos": [str(file.relative_to(photographs)) for file in photos],
        "side": SIDE,
        "sampled": {"first": FIRST, "step": STEP, "side": 32},
    }
    (out / "reference.json").write_text(json.dumps(described, indent=2) + "\n")
    configs = {n: {"odd": s.to_dict(), "photos": f.to_dict()} for n, (s, f) in PROCESSORS.items()}
    (out / "processors.json").write_text(json.dumps(configs, indent=2, default=str) + "\n")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
