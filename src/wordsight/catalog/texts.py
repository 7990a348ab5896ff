"""The words of photos: of their captions, names, folders and tags, for full-text search.

SQLite keeps them in an FTS5 table, PostgreSQL in text search indexes. Words are taken apart here,
so that both find the same; neither stems them, since what is alike in meaning is found by vectors.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    column,
    delete,
    func,
    literal,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import REGCONFIG

from wordsight.catalog.dialects import among, bound_list, in_bound_list, insert_many, writing
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import captions, corrections, files, keywords, photos, sources, texts

_WORD = re.compile(r"[^\W_]+")
_CHUNK = 1000
_WORDS = table("words", column("rowid"), column("words"))
"""The FTS5 table over `texts`; triggers keep it."""


@dataclass(frozen=True)
class PhotoText:
    """The words of a photo's caption; of its files, folders and tags."""

    caption: list[str]
    names: list[str]


class Texts:
    """The table `texts`, and the indexes over it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def catch_up(self) -> None:
        """Take in what has been described before there were texts."""
        while self._catch_up():
            pass

    @retried
    def _catch_up(self) -> int:
        with writing(self._engine) as connection:
            return refresh_changed(connection)

    @retried
    def count(self) -> int:
        """How many photos have texts."""
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(texts)) or 0)

    @retried
    def holding(self, word: str, most: int) -> list[int]:
        """Photos whose caption, names or tags hold a word: `most` of them, by id."""
        with self._engine.connect() as connection:
            found = _holding([word], connection.dialect.name, names=True)
            return list(connection.scalars(found.order_by(texts.c.photo_id).limit(most)))

    @retried
    def count_holding(self, word: str, most: int) -> int:
        """How many photos `holding` would give."""
        with self._engine.connect() as connection:
            found = _holding([word], connection.dialect.name, names=True).limit(most)
            counted = select(func.count()).select_from(found.subquery())
            return int(connection.scalar(counted) or 0)

    @retried
    def of(self, ids: Sequence[int]) -> dict[int, PhotoText]:
        """The words of photos, as far as they have any."""
        with self._engine.connect() as connection:
            query = _of(connection.dialect.name)
            rows = connection.execute(query, {"ids": bound_list(connection, ids)}).all()
        return {photo: PhotoText(caption.split(), names.split()) for photo, caption, names in rows}


@cache
def _of(dialect: str) -> Select[Any]:
    """Built once: every search asks it."""
    query = select(texts.c.photo_id, texts.c.caption, texts.c.names)
    return query.where(in_bound_list(dialect, texts.c.photo_id, "ids"))


def words_in(text: str) -> list[str]:
    """Runs of letters and digits, in lower case and without accents."""
    if text.isascii():
        return _WORD.findall(text.lower())
    bare = unicodedata.normalize("NFKD", text)
    return _WORD.findall("".join(c for c in bare if not unicodedata.combining(c)).casefold())


def has_caption_words(phrases: Sequence[str], dialect: str) -> ColumnElement[bool]:
    """Whether a photo's caption holds any of some phrases, word by word."""
    return photos.c.id.in_(_holding(phrases, dialect))


def refresh_changed(connection: Connection) -> int:
    """Take in the words of photos that were described or moved since the last time, the oldest
    change first, some at a time; returns how many."""
    newest = select(func.coalesce(func.max(texts.c.version), -1)).scalar_subquery()
    known = select(texts.c.photo_id).where(
        texts.c.photo_id == photos.c.id, texts.c.version == photos.c.version
    )
    late = or_(photos.c.version > newest, and_(photos.c.version == newest, ~known.exists()))
    query = select(photos.c.id).where(late).order_by(photos.c.version).limit(_CHUNK)
    ids = connection.scalars(query).all()
    refresh(connection, ids)
    return len(ids)


def refresh(connection: Connection, ids: Sequence[int]) -> None:
    """Take in the words of these photos."""
    if not ids:
        return
    said = _all(connection, _captions(), captions.c.photo_id, ids)
    named = _names(connection, ids)
    versions = select(photos.c.id, photos.c.version).where(among(connection, photos.c.id, ids))
    rows = [
        {
            "photo_id": row.id,
            "version": row.version,
            "caption": _joined(said[row.id]),
            "names": _joined(named[row.id]),
        }
        for row in connection.execute(versions)
    ]
    connection.execute(delete(texts).where(among(connection, texts.c.photo_id, ids)))
    insert_many(connection, texts, rows)


def _captions() -> Select[Any]:
    """A person's where there is one."""
    text = func.coalesce(corrections.c.text, captions.c.text)
    query = select(captions.c.photo_id, text).join(photos, photos.c.id == captions.c.photo_id)
    return query.outerjoin(corrections, corrections.c.sha256 == photos.c.sha256)


def _names(connection: Connection, ids: Sequence[int]) -> Mapping[int, list[str]]:
    """Names of files, of the folders below the indexed one and of that, and tags."""
    listed = select(files.c.photo_id, files.c.uri, sources.c.uri.label("source")).join(sources)
    named = _all(connection, select(keywords.c.photo_id, keywords.c.text), keywords.c.photo_id, ids)
    for row in connection.execute(listed.where(among(connection, files.c.photo_id, ids))):
        above = row.source.rstrip("/").rpartition("/")[0]
        named[row.photo_id].append(unquote(row.uri[len(above) :], errors="replace"))
    return named


def _all(
    connection: Connection, query: Select[Any], owner: Column[int], ids: Sequence[int]
) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for photo_id, text in connection.execute(query.where(among(connection, owner, ids))):
        found[photo_id].append(text)
    return found


def _joined(parts: Iterable[str]) -> str:
    return " ".join(word for part in sorted(parts) for word in words_in(part))


def _holding(phrases: Sequence[str], dialect: str, names: bool = False) -> Select[tuple[int]]:
    """Ids of photos whose caption, or names as well, hold any of the phrases."""
    if dialect == "postgresql":
        columns = [texts.c.caption, texts.c.names] if names else [texts.c.caption]
        found = [_vector(one).bool_op("@@")(_phrase(text)) for one in columns for text in phrases]
        return select(texts.c.photo_id).where(or_(*found))
    where = "{caption names}" if names else "{caption}"
    quoted = " OR ".join(f'"{" ".join(words_in(text))}"' for text in phrases)
    match = _WORDS.c.words.bool_op("MATCH")(f"{where} : ({quoted})")
    return select(texts.c.photo_id).where(texts.c.photo_id.in_(select(_WORDS.c.rowid).where(match)))


def _vector(text: ColumnElement[str]) -> ColumnElement[str]:
    """As the indexes are built over."""
    return func.to_tsvector(literal("simple", literal_execute=True).cast(REGCONFIG), text)


def _phrase(text: str) -> ColumnElement[str]:
    return func.phraseto_tsquery(literal("simple").cast(REGCONFIG), " ".join(words_in(text)))
