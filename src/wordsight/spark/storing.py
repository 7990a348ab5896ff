"""Executors that store what they describe, where they reach the catalog; else the driver does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from sqlalchemy import make_url

from wordsight.catalog import Catalog, is_catalog, is_shared
from wordsight.clusters import Clusters
from wordsight.errors import LibraryError
from wordsight.models.packaged import ModelSet
from wordsight.pipeline.local import Outcome
from wordsight.recording import Recorder

_PATIENCE = "10"
"""Seconds to wait for a server to answer, which may be behind a wall."""


@dataclass(frozen=True)
class ServedCatalog:
    """A catalog in PostgreSQL, by its URL, and its id: elsewhere another may be at that URL."""

    url: str = field(repr=False)  # it may hold a password
    catalog_id: str


def served(catalog: Catalog) -> ServedCatalog | None:
    """What executors may reach; None for a file."""
    url = catalog.engine.url
    if not is_shared(url):
        return None
    return ServedCatalog(
        url.render_as_string(hide_password=False), catalog.descriptions.catalog_id()
    )


class Storing:
    """Stores from a worker process of an executor.

    Raises:
        LibraryError: the catalog is not to be reached from here.
    """

    def __init__(self, there: ServedCatalog, models: ModelSet) -> None:
        url = make_url(there.url)
        if "connect_timeout" not in url.query:
            url = url.update_query_dict({"connect_timeout": _PATIENCE})
        if not is_catalog(url):  # which opening it would make
            raise LibraryError("there is no catalog at this URL, seen from here")
        self._catalog = Catalog(url)
        if self._catalog.descriptions.catalog_id() != there.catalog_id:
            raise LibraryError("another catalog is at this URL, seen from here")
        self._identity = models.identity
        self._recorder = Recorder(self._catalog, models, Clusters(self._catalog, models))

    def store(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes as they are then; copies of what is not in the catalog yet are as they were.

        Raises:
            LibraryError: the catalog is away, or refuses; nothing is stored.
        """
        with closing(self._catalog):  # a connection for each core would be many to a server
            return self._stored(outcomes)

    def _stored(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        contents = {content for o in outcomes if (content := _content(o)) is not None}
        known = self._catalog.descriptions.described(list(contents), self._identity)
        outcomes = [as_copy(outcome, known) for outcome in outcomes]
        there = {*known, *(o.photo.sha256 for o in outcomes if o.photo is not None)}
        mine = [outcome for outcome in outcomes if _content(outcome) in there]
        stored = {outcome.file_id: outcome for outcome in self._recorder.record(mine)}
        return [stored.get(outcome.file_id, outcome) for outcome in outcomes]


def as_copy(outcome: Outcome, known: Collection[str]) -> Outcome:
    """A photo of these contents counts as a copy."""
    if outcome.photo is None or outcome.photo.sha256 not in known:
        return outcome
    return replace(outcome, photo=None, known_as=outcome.photo.sha256)


def _content(outcome: Outcome) -> str | None:
    return outcome.known_as if outcome.photo is None else outcome.photo.sha256
