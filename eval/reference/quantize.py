#!/usr/bin/env python3
"""The photo graph of a model version in 8 bits: onnx/X.onnx -> onnx/X_quantized.onnx.

Not part of the product. Static quantisation by ONNX Runtime (QDQ, weights QInt8 by channel, activations QUInt8), its ranges
taken from training photographs as the model's own preprocessor_config.json shows them:

    python3 -m venv /tmp/hf && /tmp/hf/bin/pip install onnxruntime==1.31.1 onnx==1.23.2 pillow==13.0.0 numpy
    /tmp/hf/bin/python eval/reference/quantize.py models/clip/1/onnx/vision_model.onnx ../shared/data/clothing/train

Afterwards: `flashfit models verify clip --photos ../shared/data/clothing/validation`.
"""
import argparse
import json
import pathlib
import random
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image, ImageOps


def pixels(file, config):
    image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    size = config["size"]
    if "shortest_edge" in size:
        edge, (w, h) = size["shortest_edge"], image.size
        image = image.resize((edge, edge * h // w) if w <= h else (edge * w // h, edge), config["resample"])
    else:
        image = image.resize((size["width"], size["height"]), config["resample"])
    if config.get("do_center_crop"):
        crop, (w, h) = config["crop_size"], image.size
        left, top = (w - crop["width"]) // 2, (h - crop["height"]) // 2
        image = image.crop((left, top, left + crop["width"], top + crop["height"]))
    values = np.asarray(image, np.float32) * config["rescale_factor"]
    return ((values - np.float32(config["image_mean"])) / np.float32(config["image_std"])).transpose(2, 0, 1)[None]


class Photographs(CalibrationDataReader):
    def __init__(self, files, config):
        self.left = iter({"pixel_values": pixels(file, config)} for file in files)

    def get_next(self):
        return next(self.left, None)


options = argparse.ArgumentParser()
options.add_argument("graph", type=pathlib.Path)
options.add_argument("photographs", type=pathlib.Path)
options.add_argument("--photos", type=int, default=100)
options.add_argument("--seed", type=int, default=1)
options = options.parse_args()

config = json.loads((options.graph.parent.parent / "preprocessor_config.json").read_text())
files = random.Random(options.seed).sample(sorted(options.photographs.glob("*/*.*")), options.photos)
with tempfile.TemporaryDirectory() as folder:
    folded, prepared = f"{folder}/folded.onnx", f"{folder}/prepared.onnx"
    # Weights that are kept in 16 bits are taken as 32 bits first: only what is a constant can be quantised.
    session = onnxruntime.SessionOptions()
    session.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session.optimized_model_filepath = folded
    onnxruntime.InferenceSession(str(options.graph), session, providers=["CPUExecutionProvider"])
    quant_pre_process(folded, prepared, skip_symbolic_shape=True)
    target = options.graph.with_stem(options.graph.stem + "_quantized")
    quantize_static(
        prepared, str(target), Photographs(files, config), quant_format=QuantFormat.QDQ, per_channel=True,
        weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8, calibrate_method=CalibrationMethod.Entropy,
    )
onnx.checker.check_model(str(target))
print(f"{target}: {target.stat().st_size} bytes, {options.graph.stat().st_size} before")
