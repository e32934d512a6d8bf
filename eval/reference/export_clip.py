#!/usr/bin/env python3
"""A CLIP with random weights, as ONNX for the Encoder, and what Python's transformers makes of real photographs and sentences.

Not part of the product: `eval/clip-reference.ts` compares the Encoder with what this writes, and it wrote
`test/encoder/golden/`. Run it where torch is:

    python3 -m venv /tmp/hf
    /tmp/hf/bin/pip install torch==2.8.0 transformers==4.57.6 tokenizers==0.22.2 pillow==13.0.0 numpy onnx==1.23.2
    /tmp/hf/bin/python eval/reference/export_clip.py /tmp/clip-reference ../shared/data/clothing/validation
    /tmp/hf/bin/python eval/reference/export_clip.py --tiny test/encoder/golden ../shared/data/clothing/validation

The first is a ViT-B/32 in the shape of openai/clip-vit-base-patch32 (600 MB), the second has the same parts, small enough
to be committed. `--model DIR` takes a CLIP that `save_pretrained` wrote, with its tokenizer, instead of a random one.

Written is what a person exports: config.json, preprocessor_config.json, tokenizer.json, tokenizer_config.json,
special_tokens_map.json, onnx/vision_model.onnx (pixel_values -> image_embeds), onnx/text_model.onnx (input_ids,
attention_mask -> text_embeds). And reference.json: photographs by name and sentences with their unit vectors (float32,
little-endian, base64), the sentences' token ids, versions, and how far vectors of different inputs are apart.

The reference is CLIPModel.get_image_features and get_text_features in PyTorch on what CLIPProcessor makes of the file (its
Pillow form; EXIF orientation applied, as transformers.image_utils.load_image does it) and of the sentence (padded to the
longest, cut at the model's length). ONNX takes no part in it.

The weights are drawn so that different photographs get clearly different vectors: every linear map keeps the size of what
goes through it, queries and keys make it larger, so that attention chooses. With the small weights of CLIP's own
initialisation all photographs look alike, and a high cosine would say nothing. The tokenizer is CLIP's byte-pair encoding
with merges learned from the sentences, at CLIP's places in the vocabulary.
"""
import argparse
import base64
import io
import itertools
import json
import pathlib
import random
import sys

import numpy as np
import PIL
import tokenizers
import torch
import transformers
from PIL import Image, ImageOps
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizerFast

SENTENCES = [
    "a photo of a dress",
    "a photo of a long sleeve shirt",
    "A BLACK LEATHER JACKET",
    "Blue Denim Jeans, size 32/34",
    "t-shirt",
    "red running shoes with white soles and a yellow logo",
    "robe d'été à fleurs, légère et fluide",
    "ein grüner Mantel für kühle Tage — groß geschnitten",
    "zapatillas niño n.º 38 ¡rebajas!",
    "běžové šortky s páskem",
    "платье в горошек",
    "赤いワンピース",
    "فستان أزرق طويل",
    "שמלה שחורה",
    "👗",
    "👟🧢 sporty outfit 🏃\u200d♀️!!!",
    "flag 🇩🇪, skin tone 👍🏽",
    ".",
    "?!",
    "7",
    "a",
    " a  skirt\twith \n many   spaces ",
    "it's what she'd've worn; they're hers, we'll see, I'm sure, don't",
    "price: $49.99 (was €79,90) -38%",
    "100% cotton & 2% elastane...",
    "snake_case camelCase kebab-case dot.case",
    "e\u0301le\u0301gant with combining accents",
    "ﬁne ligatures and ½ fractions ², Ⅷ",
    "İstanbul'da DİKİLMİŞ gömlek",
    "STRASSE straße ẞ",
    "ΣΊΣΥΦΟΣ σίσυφος",
    "\u00a0no\u00a0break\u00a0space\u3000ideographic",
    "zero\u200bwidth\u200bspace and soft\u00adhyphen",
    "“curly quotes” ‘and’ … ellipsis",
    "https://example.com/shop?item=42&colour=navy#top",
    "someone@example.com #ootd @brand",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "supercalifragilisticexpialidocious",
    "the text <|endoftext|> in the middle",
    "<b>bold</b> {json: true} [list] \\ back/slash | pipe ~ ^ `tick`",
    "an outfit for a summer wedding by the sea, light and airy, not white, with flat shoes that do not sink into the sand",
    " ".join(["a warm coat with deep pockets"] * 12),
    " ".join(f"item {i}: a shirt in colour number {i}," for i in range(1, 25)),
    "Ein sehr langer Satz über Hüte, Mützen und Kappen, " * 12,
    "红色的裙子和蓝色的衬衫，" * 20,
    "🧥👖👕" * 30,
    "grey wool hat",
    "striped socks and sandals, please",
    "something to wear",
    "Beige Shorts For Summer",
]
assert len(SENTENCES) == 50 and all(len(s) <= 1000 for s in SENTENCES)

# openai/clip-vit-base-patch32 is what CLIPConfig() makes; its parts in small:
TINY = {
    "projection_dim": 24,
    "text_config": {
        "hidden_size": 24, "intermediate_size": 48, "num_attention_heads": 4, "num_hidden_layers": 2,
        "projection_dim": 24, "max_position_embeddings": 77,
    },
    "vision_config": {
        "hidden_size": 24, "intermediate_size": 48, "num_attention_heads": 4, "num_hidden_layers": 2,
        "projection_dim": 24, "image_size": 112, "patch_size": 28,
    },
}


def bytes_to_characters():
    """GPT-2's printable character for each byte, in CLIP's order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(rest))]


def make_tokenizer(folder, vocabulary):
    """CLIP's tokenizer with merges learned from the sentences; its special tokens are the last two of `vocabulary`."""
    alphabet = bytes_to_characters()
    start, end = "<|startoftext|>", "<|endoftext|>"

    def write(merges, size):
        vocab = {token: i for i, token in enumerate(alphabet + [c + "</w>" for c in alphabet])}
        for a, b in merges:
            vocab.setdefault(a + b, len(vocab))
        first = len(vocab) if size is None else size - 2
        assert len(vocab) <= first
        vocab |= {start: first, end: first + 1}
        (folder / "vocab.json").write_text(json.dumps(vocab))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
        files = {"vocab_file": str(folder / "vocab.json"), "merges_file": str(folder / "merges.txt")}
        made = CLIPTokenizerFast(**files, model_max_length=77)
        for file in files.values():
            pathlib.Path(file).unlink()
        return made

    plain = write([], None).backend_tokenizer
    pieces = itertools.chain.from_iterable(
        plain.pre_tokenizer.pre_tokenize_str(plain.normalizer.normalize_str(text)) for text in SENTENCES
    )
    counts = {}
    for piece, _ in pieces:
        word = (*piece[:-1], piece[-1] + "</w>")
        counts[word] = counts.get(word, 0) + 1
    return write(learn_merges(counts, 300), vocabulary)


def learn_merges(words, most):
    """Byte-pair encoding: merge the most frequent pair (of equals the first by name), again and again."""
    merges = []
    while len(merges) < most:
        pairs = {}
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] = pairs.get(pair, 0) + count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        merged = {}
        for word, count in words.items():
            new, i = [], 0
            while i < len(word):
                step = 2 if word[i : i + 2] == best else 1
                new.append("".join(word[i : i + step]))
                i += step
            merged[tuple(new)] = merged.get(tuple(new), 0) + count
        words = merged
    return merges


def random_model(config, seed, choice):
    """`choice`: how much queries and keys enlarge."""
    torch.manual_seed(seed)
    model = CLIPModel(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name or "logit_scale" in name:
                continue
            if parameter.dim() == 1:
                spread = 0.2 if "class_embedding" in name else 0.05
            elif "embedding" in name and "patch" not in name:
                spread = 0.2
            else:
                spread = parameter[0].numel() ** -0.5 * (choice if "q_proj" in name or "k_proj" in name else 1)
            parameter.normal_(0, spread)
    return model


def export(model, side, folder):
    class Vision(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.tower, self.projection = model.vision_model, model.visual_projection

        def forward(self, pixel_values):
            return self.projection(self.tower(pixel_values).pooler_output)

    class Text(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.tower, self.projection = model.text_model, model.text_projection

        def forward(self, input_ids, attention_mask):
            return self.projection(self.tower(input_ids, attention_mask).pooler_output)

    end = model.config.text_config.eos_token_id
    ids = torch.tensor([[end - 1, 5, 6, end, end], [end - 1, 5, end, end, end]])
    mask = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 1, 0, 0]])
    words = {0: "batch_size", 1: "sequence_length"}
    graphs = {
        "vision_model": (Vision(), (torch.rand(2, 3, side, side),), {"pixel_values": {0: "batch_size"}}, "image_embeds"),
        "text_model": (Text(), (ids, mask), {"input_ids": words, "attention_mask": words}, "text_embeds"),
    }
    (folder / "onnx").mkdir(exist_ok=True)
    for name, (graph, inputs, axes, output) in graphs.items():
        torch.onnx.export(
            graph.eval(), inputs, str(folder / "onnx" / f"{name}.onnx"), dynamo=False, opset_version=17,
            input_names=list(axes), output_names=[output], dynamic_axes={**axes, output: {0: "batch_size"}},
        )


def unit(features):
    return (features / features.norm(dim=-1, keepdim=True)).numpy().astype("<f4")


def spread(vectors):
    """Cosines between vectors of different inputs."""
    cosines = (vectors.astype(np.float64) @ vectors.T.astype(np.float64))[np.triu_indices(len(vectors), 1)]
    return {name: round(float(getattr(cosines, name)()), 6) for name in ("min", "mean", "max")}


def to_base64(vector):
    return base64.b64encode(vector.tobytes()).decode()


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("photographs", type=pathlib.Path)
    options.add_argument("--tiny", action="store_true")
    options.add_argument("--model", type=pathlib.Path)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--choice", type=float, default=1.5)
    options.add_argument("--photos", type=int)
    options = options.parse_args()
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)

    if options.model:
        model = CLIPModel.from_pretrained(options.model, attn_implementation="eager")
        tokenizer = CLIPTokenizerFast.from_pretrained(options.model)
        images = CLIPImageProcessor.from_pretrained(options.model)
    else:
        tokenizer = make_tokenizer(folder, None if options.tiny else 49_408)
        config = CLIPConfig(**(TINY if options.tiny else {}), attn_implementation="eager")
        config.text_config.vocab_size = tokenizer.convert_tokens_to_ids(tokenizer.eos_token) + 1
        config.text_config.bos_token_id = tokenizer.bos_token_id
        config.text_config.eos_token_id = tokenizer.eos_token_id
        model = random_model(config, options.seed, options.choice)
        side = config.vision_config.image_size
        images = CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side})
    model.eval()
    tokenizer.save_pretrained(folder)
    images.save_pretrained(folder)
    model.config.save_pretrained(folder)
    for idle in ("vocab.json", "merges.txt", "added_tokens.json"):
        (folder / idle).unlink(missing_ok=True)
    export(model, model.config.vision_config.image_size, folder)

    processor = CLIPProcessor(images, tokenizer)
    names = sorted(str(path.relative_to(options.photographs)) for path in options.photographs.glob("*/*.*"))
    count = options.photos or (8 if options.tiny else 50)
    names = random.Random(options.seed).sample(names, count)
    photos, texts, ids = [], [], []
    with torch.no_grad():
        for name in names:
            image = ImageOps.exif_transpose(Image.open(io.BytesIO((options.photographs / name).read_bytes())))
            photos.append(model.get_image_features(**processor(images=image, return_tensors="pt")))
        words = processor(text=SENTENCES, padding=True, truncation=True, return_tensors="pt")
        for row, mask in zip(words["input_ids"], words["attention_mask"]):
            ids.append(row[: int(mask.sum())].tolist())
        for start in range(0, len(SENTENCES), 10):
            part = {key: value[start : start + 10] for key, value in words.items()}
            texts.append(model.get_text_features(**part))
    photos, texts = unit(torch.cat(photos)), unit(torch.cat(texts))
    apart = {"photos": spread(photos), "sentences": spread(texts)}
    versions = {m.__name__: m.__version__ for m in (torch, transformers, tokenizers, PIL, np)}
    reference = {
        "versions": {"python": sys.version.split()[0], **versions},
        "seed": options.seed,
        "apart": apart,
        "photos": [{"file": name, "vector": to_base64(v)} for name, v in zip(names, photos)],
        "sentences": [{"text": t, "ids": i, "vector": to_base64(v)} for t, i, v in zip(SENTENCES, ids, texts)],
    }
    (folder / "reference.json").write_text(json.dumps(reference, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(apart))


main()
