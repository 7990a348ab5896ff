"""Finds the near-duplicates of photos that came since the last look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from wordsight.catalog.likenesses import Likenesses
from wordsight.catalog.photo_metadata import PhotoPlaces
from wordsight.duplicates.gathering import gathered
from wordsight.duplicates.grouping import pairs_in_groups
from wordsight.duplicates.rule import near_duplicates
from wordsight.errors import PhotoError, UnreachableError
from wordsight.photos.places import read_photo
from wordsight.photos.thumbprint import thumbprint
from wordsight.pipeline.describe import decode_for_models

_BLOCK = 2048
_MANY = 2e9
"""Pairs: comparing so many takes about a minute."""

Watch = Callable[[int, int], None]


def compare_new(catalog: Likenesses, described_by: str, watch: Watch, room: Path) -> None:
    """Compare new photos with all others, and put near-duplicates into series.

    The cost is new times all: a vector product a pair, for some of them a correlation. Where that
    is much, they are compared in groups, with files in the folder `room`; stopped, the next call
    begins anew with these, else goes on. `watch` is told how many are done, and of how many.
    """
    total, done = catalog.count_waiting(described_by), 0
    if not total:
        return
    watch(0, total)
    if total * catalog.count(described_by) > _MANY:
        _compare_in_groups(
            catalog, described_by, lambda share: watch(int(share * total), total), room
        )
        done = total
    while (new := catalog.waiting(described_by, _BLOCK)) is not None:
        pairs: list[tuple[int, int]] = []
        ids = new.ids.tolist()
        for others in catalog.known(described_by, ids):
            pairs += near_duplicates(new, others)
        catalog.record(ids, connected(pairs))
        done += len(ids)
        watch(min(done, total), total)


def _compare_in_groups(
    catalog: Likenesses, described_by: str, watch: Callable[[float], None], room: Path
) -> None:
    """Series are stored as they are found; until the end no photo counts as compared."""
    with gathered(catalog.all(described_by), room) as rows:
        for share, pairs in pairs_in_groups(rows):
            if pairs:
                catalog.record([], connected(pairs))
            watch(share)
        new = rows.ids[~rows.compared].tolist()
    for start in range(0, len(new), _BLOCK):
        catalog.record(new[start : start + _BLOCK], [])


def connected(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The groups that pairs of ids form, each ascending."""
    group_of: dict[int, list[int]] = {}
    for one, other in pairs:
        mine, theirs = (group_of.setdefault(photo, [photo]) for photo in (one, other))
        if mine is not theirs:
            mine += theirs
            group_of.update(dict.fromkeys(theirs, mine))
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for photo, group in sorted(group_of.items()):
        groups[id(group)].append(photo)
    return list(groups.values())


def take_thumbprints(catalog: Likenesses, watch: Watch) -> None:
    """Read photos that were described without taking their thumbprints.

    Those whose store does not answer are read by a later run.
    """
    total, done = catalog.count_unknown(), 0
    if not total:
        return
    watch(0, total)
    with ThreadPoolExecutor(thread_name_prefix="thumbprint") as pool:
        for photos in catalog.unknown():
            taken = zip(photos, pool.map(_thumbprint, photos), strict=True)
            catalog.add({photo.id: one for photo, one in taken if one is not None})
            done += len(photos)
            watch(done, total)


def _thumbprint(photo: PhotoPlaces) -> bytes | None:
    """Empty if the photo cannot be read; None if that may be otherwise later."""
    for uri in photo.uris:
        try:
            return thumbprint(decode_for_models(read_photo(uri)).pixels).tobytes()
        except UnreachableError:
            return None
        except PhotoError:
            continue
    return b""
