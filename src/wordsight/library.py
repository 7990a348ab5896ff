"""The one object that people use: a library of described photos."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from math import inf
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from wordsight.catalog import Catalog, is_catalog, normal_url, shown, sqlite_url
from wordsight.catalog.descriptions import PhotoDetail
from wordsight.catalog.photo_metadata import MetadataRow
from wordsight.errors import LibraryError, PhotoError, SourceError
from wordsight.index.store import SnapshotStore
from wordsight.library_folder import default_folder
from wordsight.library_status import Status, size
from wordsight.models.packaged import PHOTO_SIDE, ModelSet
from wordsight.photos.decode import MAX_MEGAPIXELS
from wordsight.photos.folder import read_file
from wordsight.photos.places import open_source, read_photo, source_uri
from wordsight.photos.renderings import PixelsOf, squared
from wordsight.photos.source import PhotoSource
from wordsight.search.results import Hit, PhotoSearcher, Signal
from wordsight.search.searcher import Searcher
from wordsight.writers import Writers

if TYPE_CHECKING:
    from wordsight.chosen_models import MakeModels
    from wordsight.duplicates.series import Duplicates
    from wordsight.indexing import IndexReport, Progress
    from wordsight.library_clusterings import LibraryClusterings
    from wordsight.models.captioner import Caption
    from wordsight.overview import Overview
    from wordsight.pictures import Pictures
    from wordsight.pipeline.describe import Description
    from wordsight.search.finder import Answer, Finder
    from wordsight.spark.cluster import Cluster

SearchIn = Literal["snapshot", "database"]


class Library:
    """Photos that can be found by what they show.

        with Library("my-library") as library:
            library.index(["~/Pictures"])
            for hit in library.search("two dogs in snow", limit=5):
                print(f"{hit.score:.2f}  {hit.caption}  {hit.uris[0]}")

    Args:
        folder: where the library is kept; made when something is first indexed. None means
            the environment's `WORDSIGHT_LIBRARY`, else the user's data folder.
        models: what describes and finds photos, or makes that with the library's encoder; the
            packaged models by default.
        catalog: a database that others share, `postgresql://user@host/database`; None means
            the environment's `WORDSIGHT_CATALOG`, else one of the library's own, in `folder`.
            Snapshots and thumbnails are in `folder` always.
        search_in: `"snapshot"`, memory-mapped, or `"database"`, which needs no files and has to
            be PostgreSQL; None searches a snapshot where there is one, else PostgreSQL itself.

    Raises:
        LibraryError: no catalog can be at that URL, or it cannot be searched as is asked.
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        models: ModelSet | MakeModels | None = None,
        catalog: str | None = None,
        search_in: SearchIn | None = None,
    ) -> None:
        self.folder = Path(folder).expanduser() if folder else default_folder()
        self._models = models or ModelSet
        shared = catalog or os.environ.get("WORDSIGHT_CATALOG")
        self._url = normal_url(shared) if shared else sqlite_url(self.folder / "catalog.db")
        self._search_in = search_in
        self._store = SnapshotStore(self.folder / "snapshots")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        catalog = self.__dict__.pop("_catalog", None)
        self.__dict__.pop("searcher", None)
        self.__dict__.pop("finder", None)
        self.__dict__.pop("_writers", None)
        if catalog is not None:
            catalog.close()

    def index(
        self,
        folders: Sequence[Path | str] = (),
        retry_failed: bool = False,
        watch: Callable[[Progress], None] = lambda _: None,
        max_megapixels: float = MAX_MEGAPIXELS,
        cluster: Cluster | None = None,
    ) -> IndexReport:
        """Describe what is new or changed in `folders`, and forget what is gone.

        A folder is a path, or the URI of a store: `az://container/prefix`, `s3://bucket/prefix`.

        A photo that fails is recorded with its reason and tried again only when it changes,
        or with `retry_failed`. Stopped at any moment, the next call goes on from there.

        Args:
            folders: none means all folders indexed before; of those, missing ones (a drive that
                is not plugged in, a store that does not answer) are reported and left as they are.
            retry_failed: try failed photos again as well.
            watch: is told how far the run has come.
            max_megapixels: larger pictures are refused.
            cluster: describes the photos, in place of this machine (`docs/spark.md`).

        Raises:
            SourceError: a folder does not exist or cannot be listed.
            LibraryError: nothing was ever indexed, or another run is under way.
            SparkError: the cluster failed.
        """
        from wordsight.indexing import IndexingJob
        from wordsight.overview import PROGRESS
        from wordsight.progress_note import noted

        # All sources must open before anything is made or changed.
        sources = [open_source(folder, self.folder.resolve()) for folder in folders]
        unlisted: dict[str, str] = {}
        if not sources:
            sources, unlisted = self._known_sources()
        note = self.folder / PROGRESS
        with self._writers.indexing() as (beside, publishes), noted(note, watch) as watch:
            job = IndexingJob(
                self._catalog,
                self._store,
                self.models,
                watch,
                max_megapixels,
                beside,
                publishes,
                cluster,
            )
            report = job.run(sources, retry_failed)
        report.unlisted |= unlisted
        return report

    def forget(self, folder: Path | str) -> None:
        """Forget an indexed folder and its photos; the photos themselves are not touched.

        Raises:
            LibraryError: the folder was never indexed.
        """
        from wordsight.indexing import IndexingJob

        self._require()
        uri = source_uri(folder)
        with self._writers.alone():
            if not self._catalog.inventory.forget(uri):
                raise LibraryError(
                    f"{folder} is not among the folders that `wordsight status` lists"
                )
            job = IndexingJob(self._catalog, self._store, self.models, lambda _: None)
            job.publisher.publish_if_due()

    def search(self, text: str, limit: int = 20, signal: Signal = "fused") -> list[Hit]:
        """The photos that `text` describes best, the best first.

            library.search("beach -people after:2023-06 folder:holiday")

        Args:
            text: a sentence or a few words, in English, with filters if one likes
                (`wordsight.search.language`).
            limit: the most results, up to 1,000.
            signal: `"fused"` uses caption and picture, the others only that one.

        Raises:
            QueryError: the query cannot be read, or limit or signal are not possible.
            LibraryError: nothing is indexed yet, or by other models.
        """
        return self.find(text, limit, signal).hits

    def find(
        self,
        text: str,
        limit: int = 20,
        signal: Signal = "fused",
        explains: bool = False,
        collapses: bool = True,
    ) -> Answer:
        """As `search`, with what has to be said of the results, and how each came about; on request
        with all of near-duplicates."""
        self._require()
        return self.finder.find(text, limit, signal, explains=explains, collapses=collapses)

    def find_like(
        self,
        photo: bytes | int | str | Path,
        text: str = "",
        limit: int = 20,
        pixels_of: PixelsOf = squared,
        explains: bool = False,
        collapses: bool = True,
    ) -> Answer | None:
        """The photos most like another one, and like the words; None if there is no such photo.

        Args:
            photo: an id, or a file or URI, of a photo of the library, which is left out; or any
                other file, or bytes.
            text: words that count as much as the photo, and filters.
            limit: the most results, up to 1,000.
            pixels_of: decodes bytes: uint8 `[side, side, 3]`.
            explains: whether to tell how each result came about.
            collapses: whether the best of near-duplicates stands for all of them.

        Raises:
            PhotoError: the photo cannot be read, or is none.
            QueryError: the limit or the words are not possible.
            LibraryError: nothing is indexed yet, or by other models.
        """
        from wordsight.search.by_photo import query_of_photo, query_of_pixels

        self._require()
        known = photo if isinstance(photo, int) else None
        if isinstance(photo, str | Path):
            known = self._catalog.inventory.photo_at(source_uri(photo))
            photo = b"" if known else read_photo(source_uri(photo))
        if known is None:
            assert isinstance(photo, bytes)
            vector = query_of_pixels(self.models, pixels_of(photo, PHOTO_SIDE))
        elif (placed := query_of_photo(self._catalog, self.models, known)) is None:
            return None
        else:
            vector = placed
        return self.finder.find(
            text, limit, like=vector, without=known, explains=explains, collapses=collapses
        )

    def describe(self, photos: Sequence[Path | str]) -> Iterator[Description | PhotoError]:
        """Caption and embed photos without storing anything.

        A photo that cannot be described gives the error in its place.
        """
        from wordsight.pipeline.describe import decode_for_models, describe

        for photo in photos:
            try:
                decoded = decode_for_models(read_file(Path(photo).expanduser().absolute().as_uri()))
            except PhotoError as error:
                yield error
            else:
                yield describe([decoded], self.models)[0]

    def clusterings(self) -> LibraryClusterings:
        """The ways in which the photos are clustered: to look into, to choose, to fit anew.

        Raises:
            LibraryError: there is no library.
        """
        from wordsight.library_clusterings import LibraryClusterings

        self._require()
        return LibraryClusterings(self._catalog, self._store, self.models, self._writers.alone)

    def overview(self) -> Overview:
        """What the library holds at a glance, and what is being indexed.

        Raises:
            LibraryError: there is no library.
        """
        from wordsight.overview import Overview

        self._require()
        return Overview(self._catalog, self._store, self.folder)

    def counts(self) -> dict[str, int]:
        """Files in all, described, failed and waiting; distinct photos among them."""
        self._require()
        return self._catalog.inventory.counts()

    def status(self) -> Status:
        """What the library holds.

        Raises:
            LibraryError: there is no library, or it is damaged.
        """
        self._require()
        inventory, descriptions = self._catalog.inventory, self._catalog.descriptions
        snapshot = self._store.open()
        return Status(
            folder=self.folder,
            catalog=self._catalog.place,
            sources=tuple(inventory.sources()),
            counts=inventory.counts(),
            failures=tuple(inventory.failures()),
            models=tuple(descriptions.models()),
            outdated=descriptions.count_described_by_others(self.models.identity),
            cells=tuple(self._catalog.clusterings.cells()),
            snapshot=snapshot.manifest if snapshot else None,
            snapshot_name=snapshot.folder.name if snapshot else None,
            changed=descriptions.count_changed(snapshot.manifest.origin.version) if snapshot else 0,
            sizes={
                "catalog": self._catalog.bytes_used(),
                "snapshots": size(self.folder / "snapshots"),
                "thumbnails": size(self.folder / "thumbnails"),
            },
        )

    def problems(self) -> list[str]:
        """What is wrong with models, catalog and snapshot, a line each; reads all of them."""
        from wordsight.consistency import problems

        self._require()
        models = [f"the model file {name} is damaged" for name in self.models.damaged_files()]
        return models + problems(self._catalog.engine, self._store, self.models)

    def photo(self, photo_id: int) -> PhotoDetail | None:
        """A photo's caption and places; None if there is no such photo any more."""
        self._require()
        return self._catalog.descriptions.details([photo_id]).get(photo_id)

    def photo_at(self, place: Path | str) -> PhotoDetail | None:
        """The photo that lies at a path or a store's URI; None if none described does."""
        self._require()
        photo_id = self._catalog.inventory.photo_at(source_uri(place))
        return None if photo_id is None else self.photo(photo_id)

    def correct(self, photo_id: int, caption: str | None) -> PhotoDetail | None:
        """Put a person's caption in the place of the model's, searchable at once; None takes it
        back. It stays with the photo's content, whatever models describe it later.

        Returns the photo as it is shown now; None if there is no such photo.

        Raises:
            QueryError: the caption is empty or longer than 500 characters.
        """
        from wordsight.correcting import Corrector

        self._require()
        Corrector(self._catalog, self.models).correct(photo_id, caption)
        return self.photo(photo_id)

    def review(self, limit: int = 20) -> list[PhotoDetail]:
        """The photos whose captions the model is least certain of, those first; without those
        that a person has corrected."""
        self._require()
        ids = self._catalog.corrections.least_certain(limit)
        details = self._catalog.descriptions.details(ids)
        return [details[photo_id] for photo_id in ids if photo_id in details]

    def certainty(self, photo: PhotoDetail) -> float | None:
        """The probability that a photo's caption names nothing but what people would name; None
        for a person's caption, and where the models in use were not measured for it."""
        return None if photo.corrected else self.models.certainty(photo.confidence)

    def duplicates(self) -> Duplicates:
        """Photos that are nearly the same.

        Raises:
            LibraryError: there is no library.
        """
        from wordsight.duplicates.series import Duplicates

        self._require()
        return Duplicates(self._catalog)

    def metadata(self, photo_id: int) -> MetadataRow | None:
        """When, where and with what a photo was taken, and how it is filed; None if there is
        no such photo."""
        self._require()
        return self._catalog.metadata.of(photo_id)

    def attention(self, photo_id: int) -> Caption | None:
        """The caption that the models write for a photo, and where they look at each word; None
        if there is no such photo.

        Raises:
            PhotoError: the photo cannot be read or decoded any more.
        """
        from wordsight.pipeline.describe import decode_for_models

        detail = self.photo(photo_id)
        if detail is None:
            return None
        pixels = decode_for_models(self.pictures.original(detail), max_megapixels=inf).pixels
        return self.models.captioner.caption(self.models.grid(pixels[None]))[0]

    @cached_property
    def pictures(self) -> Pictures:
        """The photos themselves, small ones of them, and addresses that open them."""
        from wordsight.pictures import Pictures

        return Pictures(self.folder / "thumbnails")

    @cached_property
    def models(self) -> ModelSet:
        """What describes and finds photos.

        Raises:
            ModelError: the library's encoder is not where it was.
        """
        from wordsight.chosen_models import models_of

        if not callable(self._models):
            return self._models
        return models_of(self._catalog if self._exists() else None, self._models)

    def use_encoder(
        self, place: str | None, watch: Callable[[Progress], None] = lambda _: None
    ) -> tuple[int, int]:
        """Bring all photos into another encoder's space, and search there from then on
        (`wordsight.encoding_anew`).

        Args:
            place: a folder, or a name on the Hugging Face Hub; None for the packaged encoder.
            watch: is told how far it has come.

        Returns:
            How many photos lie in the new space, and how many could not be read for it and wait to
            be described again.

        Raises:
            ModelError: there is no encoder.
            LibraryError: there is no library, or a run is under way.
        """
        from wordsight.encoding_anew import change_encoder

        self._require()
        make = self._models if callable(self._models) else ModelSet
        with self._writers.alone():
            moved = change_encoder(self._catalog, self._store, make, place, watch)
        self._models = make
        for outdated in ("models", "searcher", "finder"):
            self.__dict__.pop(outdated, None)
        return moved

    @cached_property
    def _catalog(self) -> Catalog:
        return Catalog(self._url)

    @cached_property
    def searcher(self) -> PhotoSearcher:
        """What answers the queries."""
        from wordsight.search.in_database import DatabaseSearcher

        chosen, possible = self._search_in, self._catalog.can_search
        if chosen == "database" and not possible:
            raise LibraryError(
                "only a catalog in PostgreSQL can be searched itself, this one is in SQLite"
            )
        if chosen == "database" or (chosen is None and possible and not self._store.current()):
            return DatabaseSearcher(self._catalog, self.models)
        return Searcher(self._catalog, self._store, self.models)

    @cached_property
    def finder(self) -> Finder:
        """What reads the queries."""
        from wordsight.search.finder import Finder

        return Finder(self._catalog, self.models, self.searcher)

    @cached_property
    def _writers(self) -> Writers:
        return Writers(self.folder, lambda: self._catalog, self._url)

    def _exists(self) -> bool:
        return "_catalog" in self.__dict__ or is_catalog(self._url)

    def _require(self) -> None:
        if not self._exists():
            place = self.folder if self._url.drivername == "sqlite" else shown(self._url)
            raise LibraryError(
                f"there is no library in {place} yet; run `wordsight index FOLDER` first"
            )

    def _known_sources(self) -> tuple[list[PhotoSource], dict[str, str]]:
        """All sources indexed before, and why those that are missing now are left alone."""
        known = self._catalog.inventory.sources() if self._exists() else []
        if not known:
            raise LibraryError("no folder was ever indexed here; run `wordsight index FOLDER`")
        found: list[PhotoSource] = []
        missing: dict[str, str] = {}
        for uri in known:
            try:
                found.append(open_source(uri, self.folder.resolve()))
            except SourceError as error:
                missing[uri] = str(error)
        return found, missing
