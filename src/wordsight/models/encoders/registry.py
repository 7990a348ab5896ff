"""Which kind an encoder in a folder is of, and what it is known by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from wordsight.errors import ModelError
from wordsight.models.encoders import clip, sentence_transformers
from wordsight.models.encoders.kind import Files, Load, OtherEncoder

KINDS: dict[str, tuple[Files, Load]] = {
    "sentence-transformers": (
        sentence_transformers.files,
        sentence_transformers.SentenceTransformer,
    ),
    "CLIP": (clip.files, clip.ClipPair),
}
"""How each kind is recognised, and loaded."""


@dataclass(frozen=True)
class Encoder:
    """An encoder in a folder: its files by what they are for, and their SHA-256 by name."""

    folder: Path
    kind: str
    files: dict[str, Path]
    hashes: dict[str, str]

    def load(self, threads: int = 0) -> OtherEncoder:
        """Raises:
        ModelError: a file is damaged, or no model of that kind.
        """
        return KINDS[self.kind][1](self.files, threads)


def find_encoder(place: str) -> Encoder:
    """The encoder in a folder, or on the Hugging Face Hub (`owner/name`).

    Raises:
        ModelError: there is none, or it cannot be fetched.
    """
    folder = Path(place).expanduser()
    if not folder.is_dir():
        folder = _fetched(place)
    for kind, (files, _) in KINDS.items():
        found = files(folder)
        if found is not None:
            return Encoder(folder.absolute(), kind, found, _hashes(folder, found))
    raise ModelError(
        f"there is no encoder in {folder}: neither a sentence-transformers model with ONNX weights "
        "nor a CLIP pair in ONNX files (docs/encoders.md tells which files each has)"
    )


def _hashes(folder: Path, files: dict[str, Path]) -> dict[str, str]:
    hashes = {}
    for path in files.values():
        with path.open("rb") as file:
            hashes[str(path.relative_to(folder))] = hashlib.file_digest(file, "sha256").hexdigest()
    return hashes


def _fetched(name: str) -> Path:
    if name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise ModelError(f"there is no folder {name}")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ModelError(
            f"there is no folder {name}; to fetch {name} from the Hugging Face Hub, "
            "install wordsight[hub]"
        ) from error
    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.onnx"]))
    except Exception as error:  # the library raises those of three others
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"cannot fetch {name} from the Hugging Face Hub: {reason}") from error
