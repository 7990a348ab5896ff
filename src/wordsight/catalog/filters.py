"""Conditions on photos that are not about what they show: dates, folders, cameras, words."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Engine, String, and_, cast, exists, func, not_, or_, select

from wordsight.catalog.facets import ORIENTATION
from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import files, keywords, photos
from wordsight.catalog.texts import has_caption_words

Ids = npt.NDArray[np.int64]
Period = tuple[datetime, datetime]
"""From the first moment to before the second."""


@dataclass(frozen=True)
class Condition:
    """One filter: its key, one of `CONDITIONS`, and a value of the type that the key takes."""

    key: str
    value: Any
    negated: bool = False


Conditions = tuple[Condition, ...]
"""All have to be met; of several with the same key of those in `ANY_OF`, one."""

ANY_OF = frozenset({"folder", "camera", "lens", "format", "orientation", "date", "name", "tag"})


class Filtering:
    """Finds the photos that meet conditions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @retried
    def ids(self, conditions: Conditions) -> Ids:
        """Ids of the photos that lie somewhere and meet all conditions, ascending."""
        with self._engine.connect() as connection:
            met = matching(conditions, connection.dialect.name)
            found = select(photos.c.id).where(met).subquery()
            # As one value: row by row, a hundred thousand would take a tenth of a second.
            told = connection.scalar(select(func.aggregate_strings(cast(found.c.id, String), ",")))
            return np.sort(np.fromstring(told or "", np.int64, sep=","))

    @retried
    def newest(self, conditions: Conditions, limit: int) -> list[int]:
        """As `ids`, those that were taken last first, the undated after them."""
        with self._engine.connect() as connection:
            query = select(photos.c.id).where(matching(conditions, connection.dialect.name))
            undated = photos.c.taken_at.is_(None)
            order = (undated, photos.c.taken_at.desc(), photos.c.id.desc())
            return list(connection.scalars(query.order_by(*order).limit(limit)))


def matching(conditions: Conditions, dialect: str) -> ColumnElement[bool]:
    """What a row of `photos` has to be; that it lies somewhere, at least."""
    alike: dict[str, list[ColumnElement[bool]]] = defaultdict(list)
    met: list[ColumnElement[bool]] = [exists().where(files.c.photo_id == photos.c.id)]
    for one in conditions:
        column = CONDITIONS[one.key](one.value, dialect)
        if one.negated:
            met.append(not_(func.coalesce(column, False)))
        elif one.key in ANY_OF:
            alike[one.key].append(column)
        else:
            met.append(column)
    return and_(*met, *(or_(*columns) for columns in alike.values()))


def _after(moment: datetime, _dialect: str) -> ColumnElement[bool]:
    return photos.c.taken_at >= moment


def _before(moment: datetime, _dialect: str) -> ColumnElement[bool]:
    return photos.c.taken_at < moment


def _date(period: Period, dialect: str) -> ColumnElement[bool]:
    return and_(_after(period[0], dialect), _before(period[1], dialect))


def _folder(folder: str, _dialect: str) -> ColumnElement[bool]:
    inside = "/".join(quote(part) for part in folder.strip("/").split("/"))
    return _lies_at(f"%/{_escaped(inside)}/%")


def _name(name: str, _dialect: str) -> ColumnElement[bool]:
    """A part of the file's name, so that no `/` comes after it."""
    part = _escaped(quote(name))
    return exists().where(
        files.c.photo_id == photos.c.id,
        files.c.uri.ilike(f"%{part}%", escape="\\"),
        not_(files.c.uri.ilike(f"%{part}%/%", escape="\\")),
    )


def _lies_at(pattern: str) -> ColumnElement[bool]:
    return exists().where(files.c.photo_id == photos.c.id, files.c.uri.ilike(pattern, escape="\\"))


def _camera(camera: str, _dialect: str) -> ColumnElement[bool]:
    whole = func.coalesce(photos.c.make, "") + " " + func.coalesce(photos.c.model, "")
    return whole.ilike(f"%{_escaped(camera)}%", escape="\\")


def _lens(lens: str, _dialect: str) -> ColumnElement[bool]:
    return photos.c.lens.ilike(f"%{_escaped(lens)}%", escape="\\")


def _format(name: str, _dialect: str) -> ColumnElement[bool]:
    return func.lower(photos.c.format) == {"jpg": "jpeg", "tif": "tiff"}.get(name, name)


def _orientation(name: str, _dialect: str) -> ColumnElement[bool]:
    return ORIENTATION.in_([name])


def _tag(text: str, _dialect: str) -> ColumnElement[bool]:
    return exists().where(
        keywords.c.photo_id == photos.c.id, keywords.c.folded == text.casefold()[:100]
    )


def _rating(wanted: tuple[str, int], _dialect: str) -> ColumnElement[bool]:
    compare, stars = wanted
    return COMPARISONS[compare](photos.c.rating, stars)


def _has(what: str, _dialect: str) -> ColumnElement[bool]:
    if what == "tags":
        return exists().where(keywords.c.photo_id == photos.c.id)
    return _HAS[what].is_not(None)


COMPARISONS: dict[str, Callable[[Any, int], ColumnElement[bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}
_HAS: dict[str, ColumnElement[Any]] = {
    "gps": photos.c.latitude,
    "date": photos.c.taken_at,
    "camera": func.coalesce(photos.c.model, photos.c.make),
    "lens": photos.c.lens,
    "rating": photos.c.rating,
}
HAS = (*_HAS, "tags")
"""What `has` takes."""

CONDITIONS: dict[str, Callable[[Any, str], ColumnElement[bool]]] = {
    "after": _after,
    "before": _before,
    "date": _date,
    "folder": _folder,
    "name": _name,
    "camera": _camera,
    "lens": _lens,
    "format": _format,
    "orientation": _orientation,
    "tag": _tag,
    "rating": _rating,
    "has": _has,
    "words": has_caption_words,
}


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
