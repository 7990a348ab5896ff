"""What a server allows, and how much."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wordsight.server.fetching import Fetcher
    from wordsight.server.keys import Keys


_SEARCHES = max(2, os.cpu_count() or 2)
"""At a time: more threads than cores wait for each other, not for anything else."""


@dataclass(frozen=True)
class Lane:
    """Requests of one kind: so many at a time, so many waiting, for so many seconds each."""

    running: int
    waiting: int
    seconds: float


@dataclass(frozen=True)
class Decoding:
    """What decoding one photo may take."""

    megapixels: float = 100.0
    megabytes: int = 3000
    seconds: float = 15.0


@dataclass(frozen=True)
class Settings:
    """Safe by default: what is not named here is not allowed.

    Args:
        places: whether clients may ask where photos were taken.
        keys: who may use the server; None is everybody who reaches it.
        hosts: names by which the server may be called, besides those of this machine.
        addresses: whether it may be called by any address.
        fetcher: fetches photos from addresses that clients give; None fetches none.
        upload_megabytes, upload_seconds: the largest body, and how long it may take to arrive.
    """

    places: bool = False
    keys: Keys | None = None
    hosts: tuple[str, ...] = ()
    addresses: bool = False
    fetcher: Fetcher | None = None
    upload_megabytes: float = 32.0
    upload_seconds: float = 30.0
    decoding: Decoding = field(default_factory=Decoding)
    searches: Lane = Lane(running=_SEARCHES, waiting=128, seconds=10)
    pictures: Lane = Lane(running=2, waiting=256, seconds=30)
    looks: Lane = Lane(running=1, waiting=16, seconds=30)
    writes: Lane = Lane(running=1, waiting=16, seconds=60)  # may wait for an indexing run
