"""What all routes share."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from wordsight.catalog.facets import Facets
from wordsight.cluster_map import Map
from wordsight.library import Library
from wordsight.models.captioner import Caption
from wordsight.search.language import sentences
from wordsight.server.decoding import Decoder
from wordsight.server.encoding import ServingModels
from wordsight.server.lanes import Workers
from wordsight.server.metrics import Metrics
from wordsight.server.remembering import Latest, Recent
from wordsight.server.settings import Settings
from wordsight.server.showing import Shower

_MAP_SECONDS = 30.0
_FACETS_SECONDS = 5.0
_CAPTIONS_KEPT = 256


class Serving:
    """A library, the threads that look into it, and what they have found before."""

    def __init__(self, library: Library, settings: Settings) -> None:
        self.library = library
        self.settings = settings
        self.shower = Shower(library)
        self.metrics = Metrics()
        self.search = Workers("search", settings.searches, self.metrics)
        self.pictures = Workers("pictures", settings.pictures, self.metrics)
        self.looks = Workers("looks", settings.looks, self.metrics)
        self.writes = Workers("writes", settings.writes, self.metrics)
        self._queues = (self.search, self.pictures, self.looks, self.writes)
        self.decoder = Decoder(settings.decoding)
        self.map = Latest[Map](_MAP_SECONDS)
        self.facets = Latest[Facets](_FACETS_SECONDS)
        self.attention = Recent[Caption | None](_CAPTIONS_KEPT)
        self.closing = False
        if isinstance(library.models, ServingModels):
            library.models.watch = self.metrics.batch

    def expect(self, query: str) -> None:
        """A query whose search has to wait: it is encoded along with others meanwhile."""
        models = self.library.models
        if isinstance(models, ServingModels) and self.search.would_wait:
            models.batcher.expect(sentences(query))

    def look_at_gauges(self) -> None:
        """Read what changes by itself."""
        metrics, models = self.metrics, self.library.models
        for workers in self._queues:
            metrics.waiting.labels(workers.name).set(workers.waiting)
        if isinstance(models, ServingModels):
            metrics.cached.labels("hit").set(models.batcher.hits)
            metrics.cached.labels("miss").set(models.batcher.misses)
        metrics.photos.set(self.library.counts()["photos"])
        if (snapshot := self.library.overview().snapshot()) is not None:
            metrics.snapshot_age.set(snapshot.seconds)
            metrics.changed.set(snapshot.changed)

    def close(self) -> None:
        """Take no more work."""
        self.closing = True
        for workers in self._queues:
            workers.close()
        self.decoder.close()


async def _of(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


Served = Annotated[Serving, Depends(_of)]


class MissingError(Exception):
    """What was asked for is not there."""


def as_json(answer: BaseModel) -> Response:
    """Without being validated once more."""
    return Response(answer.model_dump_json(), media_type="application/json")
