"""Weights that the processes of a machine share.

ONNX Runtime maps weights into memory that lie in a file of their own beside the model, and so does
it what it makes of them for the processor at hand, where that was saved too. Such a form of a model
computes the same to the last bit; it is larger on the disk and goes with this processor only.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from wordsight.models.device import device

if TYPE_CHECKING:
    from onnxruntime import SessionOptions

_LEAST = 1024
"""Bytes of an array that is worth a place in the file."""


class _Shared:
    folder: Path | None = None


def share_weights(folder: Path | None) -> None:
    """Models that this process opens from now on are mapped from forms in `folder`, which is of
    this machine and goes with its processes; whoever needs one first makes it. None ends that."""
    _Shared.folder = folder


def mapped_form(model: Path) -> Path:
    """Of an `.onnx` file; itself where weights are not shared, or cannot be."""
    if _Shared.folder is None or device() != "cpu":
        return model
    try:
        return _form_in(_Shared.folder, model)
    except Exception:  # no room, no permission, no such model: opening does without, or tells
        return model


def _form_in(folder: Path, model: Path) -> Path:
    from filelock import FileLock

    state = model.stat()
    about = f"{model.resolve()} {state.st_size} {state.st_mtime_ns}"
    form = folder / hashlib.sha256(about.encode()).hexdigest()[:16] / model.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not form.exists():
            _make(model, form)
    return form


def _make(model: Path, form: Path) -> None:
    """All or nothing."""
    import onnxruntime as ort

    with TemporaryDirectory(dir=form.parent.parent) as aside:
        fresh = Path(aside) / "whole"
        fresh.mkdir()
        ort.InferenceSession(str(model), _saving(fresh / form.name), ["CPUExecutionProvider"])
        fresh.rename(form.parent)


def _saving(form: Path) -> SessionOptions:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(form)
    weights = "session.optimized_model_external_initializers"
    options.add_session_config_entry(f"{weights}_file_name", f"{form.stem}.weights")
    options.add_session_config_entry(f"{weights}_min_size_in_bytes", str(_LEAST))
    options.add_session_config_entry("session.save_external_prepacked_constant_initializers", "1")
    return options
