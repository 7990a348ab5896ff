"""What a server allows, and how much."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lane:
    """Requests of one kind: so many at a time, so many waiting, for so many seconds each."""

    running: int
    waiting: int
    seconds: float


@dataclass(frozen=True)
class Settings:
    """Safe by default: what is not named here is not allowed.

    `places` lets clients ask where photos were taken.
    """

    places: bool = False
    searches: Lane = Lane(running=8, waiting=128, seconds=10)
    pictures: Lane = Lane(running=2, waiting=256, seconds=30)
    looks: Lane = Lane(running=1, waiting=16, seconds=30)
