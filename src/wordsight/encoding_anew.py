"""Photos into another encoder's space: captions are kept, and nothing is described again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from wordsight.catalog import Catalog
from wordsight.catalog.encoders import CaptionedPhoto, Encoders
from wordsight.chosen_models import MakeModels
from wordsight.errors import PhotoError
from wordsight.index.store import SnapshotStore
from wordsight.indexing import Progress
from wordsight.models.encoders.registry import find_encoder
from wordsight.models.fusion import PERSON_LENGTH
from wordsight.models.packaged import ModelSet
from wordsight.photos.places import read_photo
from wordsight.pipeline.describe import decode_for_models
from wordsight.publishing import Publisher
from wordsight.recording import model_rows

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Watch = Callable[[int, int], None]

_BATCH = 64


def change_encoder(
    catalog: Catalog,
    store: SnapshotStore,
    make: MakeModels,
    place: str | None,
    watch: Callable[[Progress], None],
) -> tuple[int, int]:
    """`encode_anew` by the encoder at a place, None for the packaged one, and a snapshot of that.

    Raises:
        ModelError: there is no encoder.
    """
    later = make(encoder=None if place is None else find_encoder(place))
    moved = encode_anew(catalog, later, lambda *done: watch(Progress("encode", *done)))
    Publisher(catalog, store, later).publish_if_due()
    return moved


def encode_anew(catalog: Catalog, later: ModelSet, watch: Watch) -> tuple[int, int]:
    """Stage embeddings of all photos, and switch to them at once when all are there.

    Until then searches go on in the old space. Stopped at any moment, the next call with the same
    encoder goes on. Photos are read only if pictures lie in the new space.

    Args:
        catalog: nobody else may describe photos into it meanwhile.
        later: the models to come, with the encoder that is chosen.
        watch: is told how many photos are done, and of how many.

    Returns:
        How many photos lie in the new space, and how many could not be read for it and have to be
        described again.
    """
    now, place = catalog.encoders.described_by(), later.other_encoder
    model_ids = catalog.descriptions.register_models(model_rows(later))
    moved = 0
    while True:
        skipped = _stage_all(catalog.encoders, now, later, watch)
        folder = None if place is None else str(place.folder)
        moved += catalog.encoders.switch(later.identity, model_ids, folder)
        if catalog.encoders.count(now, later.identity) <= skipped:
            return moved, skipped  # else some have been corrected meanwhile


def _stage_all(encoders: Encoders, now: str, later: ModelSet, watch: Watch) -> int:
    """How many could not be read."""
    total, done = encoders.count(now, later.identity), 0
    skipped, after = 0, -1
    watch(0, total)
    with ThreadPoolExecutor(thread_name_prefix="encode") as pool:
        while rows := encoders.unstaged(now, later.identity, after, _BATCH):
            skipped += _stage(encoders, later, rows, pool)
            after, done = rows[-1].id, done + len(rows)
            watch(done, total)
    return skipped


def _stage(
    encoders: Encoders, later: ModelSet, rows: Sequence[CaptionedPhoto], pool: ThreadPoolExecutor
) -> int:
    """How many could not be read."""
    pixels = list(pool.map(_pixels, rows)) if later.sees else [_NOTHING] * len(rows)
    readable = [(row, seen) for row, seen in zip(rows, pixels, strict=True) if seen is not None]
    if readable:
        kept = [row for row, _ in readable]
        said = later.encoder.encode([row.caption for row in kept])
        lengths = np.array([PERSON_LENGTH if row.corrected else 1.0 for row in kept], np.float32)
        seen = later.look(np.stack([one for _, one in readable]))
        encoders.stage(later.identity, kept, said * lengths[:, None], seen)
    return len(rows) - len(readable)


_NOTHING: Pixels = np.zeros((1, 1, 3), np.uint8)
"""In the place of pixels that nobody looks at."""


def _pixels(photo: CaptionedPhoto) -> Pixels | None:
    for uri in photo.uris:
        try:
            return decode_for_models(read_photo(uri), max_megapixels=np.inf).pixels
        except PhotoError:
            continue
    return None
