"""Who describes the files of a run: this machine, or a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from wordsight.catalog import Catalog
from wordsight.catalog.inventory import WaitingFile
from wordsight.models.packaged import WEIGHTS, ModelSet
from wordsight.models.precision import wished_precision
from wordsight.photos.places import read_photo, read_sidecar
from wordsight.pipeline.local import Claimed, LocalEngine, Outcome

if TYPE_CHECKING:
    from wordsight.catalog.leases import Run
    from wordsight.spark.cluster import Cluster

Describe = Callable[[Iterable[WaitingFile]], Iterator[list[Outcome]]]
"""Outcomes by batches; before it goes on with the next, each is stored."""


def on_this_machine(
    catalog: Catalog,
    models: ModelSet,
    max_megapixels: float,
    claim: Callable[[Sequence[str]], Claimed],
) -> Describe:
    """By the local engine."""
    engine = LocalEngine(
        models,
        read_photo,
        lambda sha256: bool(catalog.descriptions.described([sha256], models.identity)),
        max_megapixels=max_megapixels,
        read_sidecar=read_sidecar,
        claim=claim,
    )
    return lambda files: engine.run((file.id, file.uri) for file in files)


def on_cluster(
    cluster: Cluster, catalog: Catalog, models: ModelSet, max_megapixels: float, beside: Run | None
) -> Describe:
    """By Spark. Runs beside each other have places of their own; one that is alone goes on from
    what the one before has left."""
    from wordsight.spark.engine import SparkEngine
    from wordsight.spark.job import Settings
    from wordsight.spark.shards import Listed
    from wordsight.spark.storing import served

    run = "alone" if beside is None else str(beside.number)
    library = catalog.descriptions.catalog_id()
    engine = SparkEngine(
        cluster.session,
        f"{cluster.shards}/{library}-{models.identity}-{run}",
        Settings(
            weights=None if models.folder == WEIGHTS else str(models.folder),
            beams=models.beams,
            precision=wished_precision(),
            threads=cluster.threads,
            max_megapixels=max_megapixels,
            identity=models.identity,
            encoder=str(models.other_encoder.folder) if models.other_encoder else None,
            catalog=served(catalog),
        ),
        known=lambda sha256: catalog.descriptions.described(sha256, models.identity),
        resumes=beside is None,
        reports=cluster.reports,
    )
    return lambda files: engine.run(
        (Listed(file.id, file.uri, file.fingerprint, file.known), file.size) for file in files
    )
