"""What findable photos have in common: months, cameras, orientations, folders."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Engine, case, exists, extract, func, select
from sqlalchemy.sql.elements import ColumnElement

from wordsight.catalog.retrying import retried
from wordsight.catalog.schema import files, photos

_FINDABLE = exists().where(files.c.photo_id == photos.c.id)
ORIENTATION = case(
    (photos.c.width > photos.c.height, "landscape"),
    (photos.c.width < photos.c.height, "portrait"),
    else_="square",
)


@dataclass(frozen=True)
class Facets:
    """How many photos there are of each, the most frequent first; months, as in `2024-02`, in
    order. Folders are the URIs of those that files lie in."""

    months: dict[str, int]
    undated: int
    cameras: dict[str, int]
    orientations: dict[str, int]
    folders: dict[str, int]


class FacetCounts:
    """Counts over `photos` and `files`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> Facets:
        """Of all findable photos; photos that lie in two folders count in both."""
        months, undated = self._months()
        return Facets(
            months,
            undated,
            self._by(func.coalesce(photos.c.model, photos.c.make)),
            self._by(ORIENTATION),
            self._folders(),
        )

    @retried
    def _months(self) -> tuple[dict[str, int], int]:
        year, month = (extract(part, photos.c.taken_at) for part in ("year", "month"))
        query = select(year, month, func.count()).where(_FINDABLE).group_by(year, month)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        dated = {f"{int(y):04d}-{int(m):02d}": n for y, m, n in rows if y is not None}
        return dict(sorted(dated.items())), sum(n for y, _, n in rows if y is None)

    @retried
    def _by(self, column: ColumnElement[str]) -> dict[str, int]:
        query = select(column, func.count()).where(_FINDABLE).group_by(column)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return _most_frequent_first({name: n for name, n in rows if name is not None})

    @retried
    def _folders(self) -> dict[str, int]:
        counts: Counter[str] = Counter()
        query = select(files.c.uri).where(files.c.photo_id.is_not(None))
        with self._engine.connect() as connection:
            for uri in connection.execution_options(yield_per=5000).scalars(query):
                counts[uri.rpartition("/")[0]] += 1
        return _most_frequent_first(counts)


def _most_frequent_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
