"""What clip-retrieval and rclip do to a photo: CLIP's ViT-B/32 image tower, in ONNX Runtime.

Both decode with Pillow, bring the short side to 224 by bicubic resampling, crop the middle and
normalise (OpenAI's CLIP, Radford et al. 2021, and open_clip's transform of the same). Weights are
random, which costs the same; what they keep in their indexes is not counted.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from PIL import Image
from torch import Tensor, nn

from wordsight.models.runtime import Floats

SIDE, _PATCH, _WIDTH, _LAYERS, _HEADS, _OUT = 224, 32, 768, 12, 12, 512
_MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
_DEVIATION = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
_BATCH = 32


class ImageTower(nn.Module):
    """Float32 `[n, 3, 224, 224]` to `[n, 512]`."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, _WIDTH, _PATCH, _PATCH, bias=False)
        self.first = nn.Parameter(torch.randn(1, 1, _WIDTH))
        self.places = nn.Parameter(torch.randn(1, (SIDE // _PATCH) ** 2 + 1, _WIDTH))
        layer = nn.TransformerEncoderLayer(
            _WIDTH, _HEADS, 4 * _WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.before = nn.LayerNorm(_WIDTH)
        self.layers = nn.TransformerEncoder(layer, _LAYERS, enable_nested_tensor=False)
        self.after = nn.LayerNorm(_WIDTH)
        self.out = nn.Linear(_WIDTH, _OUT, bias=False)

    def forward(self, pixels: Tensor) -> Tensor:
        tokens = self.patches(pixels).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.first.expand(tokens.shape[0], -1, -1), tokens], 1) + self.places
        picture: Tensor = self.out(self.after(self.layers(self.before(tokens))[:, 0]))
        return picture


class Peer:
    """The tower with its own preprocessing, decoding ahead on all cores.

    Args:
        folder: where the model may be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "vit-b-32.onnx"
        torch.manual_seed(0)
        torch.onnx.export(
            ImageTower().eval(),
            (torch.zeros(2, 3, SIDE, SIDE),),
            path,
            input_names=["pixels"],
            output_names=["picture"],
            dynamic_axes={"pixels": {0: "photos"}, "picture": {0: "photos"}},
            opset_version=17,
            dynamo=False,
        )
        options = ort.SessionOptions()
        options.intra_op_num_threads = os.cpu_count() or 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def embed(self, photos: list[bytes]) -> Floats:
        """`[n, 512]`."""
        with ThreadPoolExecutor() as pool:
            prepared = pool.map(_prepare, photos)
            parts = [self._session.run(None, {"pixels": part})[0] for part in _batches(prepared)]
        return np.concatenate(parts)


def _batches(prepared: Iterator[Floats]) -> Iterator[Floats]:
    batch: list[Floats] = []
    for one in prepared:
        batch.append(one)
        if len(batch) == _BATCH:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)


def _prepare(photo: bytes) -> Floats:
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    scale = SIDE / min(image.size)
    size = round(image.width * scale), round(image.height * scale)
    image = image.resize(size, Image.Resampling.BICUBIC)
    left, top = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
    cut = np.asarray(image.crop((left, top, left + SIDE, top + SIDE)), np.float32) / 255
    prepared: Floats = ((cut - _MEAN) / _DEVIATION).transpose(2, 0, 1).astype(np.float32)
    return prepared
