"""Figures for Prometheus."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"})
_SECONDS = (0.001, 0.002, 0.004, 0.008, 0.015, 0.03, 0.06, 0.125, 0.25, 0.5, 1, 2, 5, 10)


class Metrics:
    """What is counted and timed, each server's own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Histogram(
            "wordsight_request_seconds",
            "From a request to its answer.",
            ["route", "method", "code"],
            registry=registry,
            buckets=_SECONDS,
        )
        self.stages = Histogram(
            "wordsight_stage_seconds",
            "Time in a stage: wait for a thread, encode a batch of queries, work in the thread.",
            ["stage"],
            registry=registry,
            buckets=_SECONDS,
        )
        self.batches = Histogram(
            "wordsight_batch_queries",
            "Queries encoded together.",
            registry=registry,
            buckets=(1, 2, 4, 8, 16, 32),
        )
        self.refused = Counter(
            "wordsight_refused", "Requests turned away since too many waited.", registry=registry
        )
        self.waiting = Gauge(
            "wordsight_waiting_requests", "Requests in a queue.", ["queue"], registry=registry
        )
        self.cached = Gauge(
            "wordsight_query_vectors",
            "Queries so far whose vectors were in the cache, or not.",
            ["cache"],
            registry=registry,
        )
        self.photos = Gauge("wordsight_photos", "Photos in the library.", registry=registry)
        self.snapshot_age = Gauge(
            "wordsight_snapshot_age_seconds", "Since the snapshot was built.", registry=registry
        )
        self.changed = Gauge(
            "wordsight_changed_photos", "Photos searched beside the snapshot.", registry=registry
        )

    def batch(self, size: int, seconds: float) -> None:
        """So many queries were encoded together."""
        self.batches.observe(size)
        self.stages.labels("encode").observe(seconds)


class Timing:
    """Times every request, by its route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started, code = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal code
            if message["type"] == "http.response.start":
                code = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            labels = (_route(scope), _method(scope), str(code))
            self._metrics.requests.labels(*labels).observe(time.perf_counter() - started)
        return None


def _route(scope: Scope) -> str:
    """Below the API's own path, with names in place of ids; all of the page is one."""
    path = str(getattr(scope.get("route"), "path", "")).removeprefix("/api/v1")
    return path or "page"


def _method(scope: Scope) -> str:
    """Clients may make up others, without end."""
    method = str(scope["method"])
    return method if method in _METHODS else "other"
