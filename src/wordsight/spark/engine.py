"""An engine whose work is done on a cluster, for whoever stores outcomes one batch at a time.

The driver lists files a page at a time, reads each shard as soon as it is whole, hands its outcomes
on to be stored, and removes it once they are. So its memory is that of a few pages and a shard,
however many files there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa

from wordsight.errors import SparkError
from wordsight.pipeline.local import Outcome
from wordsight.spark.job import SHARD, Settings, ShardReport, describe_listed
from wordsight.spark.places import Place
from wordsight.spark.session import first_line
from wordsight.spark.shards import Listed, Shards
from wordsight.spark.storing import as_copy

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LOOK_EVERY = 0.5
_JOBS = 2
"""Pages under way, so that cores that have done with one go on with the next."""
_LEAST_PAGE = 4096
_COLUMNS = pa.schema(
    [("key", pa.int64()), *((name, pa.string()) for name in ("uri", "fingerprint", "known"))]
)

Files = Iterable[tuple[Listed, int]]
_Page = list[tuple[Listed, int]]


class SparkEngine:
    """Describes files on the cluster of a session, by way of shards at a place all share.

    Args:
        session: of Spark.
        place: a folder or a store's URI, of this run alone.
        settings: how executors describe.
        known: which contents, by hash, are described already.
        resumes: whether the next run has the same place: what an interrupted one leaves there is
            kept for it, and what was left there before is used.
        page: files that are given to Spark at a time; 0 means enough for all its cores.
        reports: what each shard took is added here.
    """

    def __init__(
        self,
        session: SparkSession,
        place: str,
        settings: Settings,
        known: Callable[[Sequence[str]], Collection[str]],
        resumes: bool = False,
        page: int = 0,
        reports: list[ShardReport] | None = None,
    ) -> None:
        self._session = session
        self._place = place
        self._settings = settings
        self._known = known
        self._resumes = resumes
        self._page = page
        self._reports = [] if reports is None else reports
        self._group = f"wordsight-{uuid4().hex}"

    def run(self, files: Files) -> Iterator[list[Outcome]]:
        """Outcomes of files and their sizes in bytes, each once, in no order.

        A shard is removed when the next is asked for, so what it holds is stored by then.

        Raises:
            SparkError: the job failed, or its shards are not to be seen here.
        """
        place = Place(self._place)
        place.try_out()
        self._place = place.uri
        shards = Shards(self._place)
        left = _Left(shards)
        ended = False
        try:
            yield from self._run(files, shards, left)
            ended = True
        finally:
            if ended or not self._resumes:
                shards.clear()

    def _run(self, files: Files, shards: Shards, left: _Left) -> Iterator[list[Outcome]]:
        rest = iter(files)
        waiting: dict[int, Listed] = {}
        jobs: dict[Future[None], _Page] = {}
        with ThreadPoolExecutor(_JOBS, thread_name_prefix="spark") as pool:
            try:
                while True:
                    while len(jobs) < _JOBS and (page := list(islice(rest, self._page_now()))):
                        waiting |= {one.key: one for one, _ in page}
                        for name in left.holding(one for one, _ in page):
                            yield from self._outcomes(shards, name, waiting, left=True)
                        page = [(one, size) for one, size in page if one.key in waiting]
                        jobs[pool.submit(self._describe, page)] = page
                    if not jobs:
                        return
                    ended = wait(jobs, _LOOK_EVERY, FIRST_COMPLETED).done
                    for name in shards.names():
                        if name not in left.names:
                            yield from self._outcomes(shards, name, waiting)
                            shards.remove(name)
                    for job in ended:
                        self._check(job, jobs.pop(job), waiting)
            finally:
                self._cancel(jobs)

    def _page_now(self) -> int:
        """Of a cluster that grows, too."""
        cores = self._session.sparkContext.defaultParallelism
        return self._page or max(_LEAST_PAGE, SHARD * cores)

    def _cancel(self, jobs: Collection[Future[None]]) -> None:
        """Those that Spark has begun, and until none is left those that it is about to."""
        while True:
            self._session.sparkContext.cancelJobGroup(self._group)
            if not wait(jobs, _LOOK_EVERY).not_done:
                return

    def _describe(self, page: _Page) -> None:
        if not page:
            return
        self._session.sparkContext.setJobGroup(self._group, "wordsight: describing photos", True)
        rows = [vars(one) for one, _ in page]
        listing = self._session.createDataFrame(pa.Table.from_pylist(rows, _COLUMNS))
        size = sum(size for _, size in page)
        told = describe_listed(listing, self._place, self._settings, size).collect()
        self._reports += [ShardReport(**row.asDict()) for row in told]

    def _outcomes(
        self, shards: Shards, name: str, waiting: dict[int, Listed], left: bool = False
    ) -> Iterator[list[Outcome]]:
        """Of those of a shard's files that are waited for; copies after what they are copies of.

        Of a shard that was left behind, failures do not count: they may have passed.
        """
        found = [o for one, o in shards.read(name) if waiting.get(one.key) == one]
        if left:
            found = [outcome for outcome in found if outcome.failure is None]
        known = self._known([o.photo.sha256 for o in found if o.photo is not None])
        found = [as_copy(outcome, known) for outcome in found]
        yield from _taken([o for o in found if o.known_as is None], waiting)
        copies = [o for o in found if o.known_as is not None]
        known = self._known([o.known_as for o in copies if o.known_as is not None])
        yield from _taken([o for o in copies if o.known_as in known], waiting)

    def _check(self, job: Future[None], page: _Page, waiting: dict[int, Listed]) -> None:
        try:
            job.result()
        except Exception as error:  # py4j and the JVM raise many kinds
            raise SparkError(f"the Spark job failed: {first_line(error)}") from error
        if lost := sum(one.key in waiting for one, _ in page):
            raise SparkError(
                f"what became of {lost} photos did not come to {self._place}; it has to be a "
                "folder or a store that the executors share with this machine"
            )


class _Left:
    """Shards that an interrupted run has left behind: a page's worth or two. Those that tell of
    failures alone are removed, so that their photos are tried again."""

    def __init__(self, shards: Shards) -> None:
        self._holders: dict[Listed, str] = {}
        for name in shards.names():
            good = [one for one, outcome in shards.read(name) if outcome.failure is None]
            self._holders |= dict.fromkeys(good, name)
            if not good:
                shards.remove(name)
        self.names = frozenset(self._holders.values())

    def holding(self, files: Iterable[Listed]) -> list[str]:
        """Names of those that tell of any of these files."""
        return sorted({self._holders[one] for one in files if one in self._holders})


def _taken(outcomes: list[Outcome], waiting: dict[int, Listed]) -> Iterator[list[Outcome]]:
    for outcome in outcomes:
        del waiting[outcome.file_id]
    if outcomes:
        yield outcomes
