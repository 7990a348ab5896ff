"""The HTTP application, made once, when it is first needed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wordsight.errors import LibraryError, WordsightError
from wordsight_azure.configuration import Configuration
from wordsight_azure.identity import sign_in_to_postgresql

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REFRESH_SECONDS = 60.0
_BUILD = Path(__file__).with_name("BUILD")
_log = logging.getLogger("wordsight")


class LazyApp:
    """Indexing the functions loads nothing; the first request, or the warm-up, loads all.

    While that fails, as long as the share is not mounted, requests are answered 503 with the
    reason, and the next one tries again.

    Attributes:
        took: seconds of each part of the start: import, models, snapshot, first query.
    """

    def __init__(self, configure: Callable[[], Configuration]) -> None:
        self._configure = configure
        self._lock = threading.Lock()
        self._app: ASGIApp | None = None
        self._build = _BUILD.read_bytes() if _BUILD.exists() else b"unknown"
        self.took: dict[str, float] = {}

    def load(self) -> ASGIApp:
        """The application; whoever comes while it is being made waits.

        Raises:
            WordsightError: it cannot be made now.
            OSError: the share cannot be read.
        """
        with self._lock:
            if self._app is None:
                self._app = self._make()
                parts = ", ".join(f"{name} {took:.2f} s" for name, took in self.took.items())
                _log.info("wordsight is ready: %s", parts)
            return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":  # with the first request; an instance ends without one
            await receive()
            await send({"type": "lifespan.startup.complete"})
            return
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import JSONResponse

        async def send_with_build(message: Message) -> None:
            """So that whoever publishes a package sees when it is that which answers."""
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-wordsight-build", self._build)]
            await send(message)

        try:
            app = self._app if self._app is not None else await run_in_threadpool(self.load)
        except (WordsightError, OSError) as error:
            _log.error("wordsight cannot start: %s", error)
            await JSONResponse({"detail": str(error)}, 503)(scope, receive, send_with_build)
        else:
            await app(scope, receive, send_with_build)

    def _make(self) -> ASGIApp:
        configuration = self._configure()
        with self._timed("import"):
            from wordsight.library import Library
            from wordsight.server.app import create_app
            from wordsight.server.encoding import ServingModels
            from wordsight.server.settings import Settings
            from wordsight_azure.share import Share

            sign_in_to_postgresql()
        share = Share(configuration.share, configuration.local)
        with self._timed("models"):
            models = ServingModels(threads=1, folder=share.models())
            _ = models.encoder, models.adapter
        with self._timed("snapshot"):
            folder = share.library(database=configuration.catalog is None)
            library = Library(folder, models, configuration.catalog)
            with suppress(LibraryError):  # nothing is described yet
                library.searcher.require()
        with self._timed("first query"), suppress(LibraryError):
            library.search("a photo", limit=1)
        keys = _keys(folder, read_only=configuration.catalog is None)
        _in_background(share.refresh)
        return create_app(library, Settings(keys=keys, hosts=configuration.hosts))

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.took[part] = time.perf_counter() - started


def _keys(folder: Any, read_only: bool) -> Any:
    """Who may use the app: it is on the internet, so nobody may without a key."""
    from wordsight.server.keys import Keys, Role

    class ReadingKeys(Keys):
        """A correction in the copy of a catalog would be lost with it."""

        def role_of(self, secret: str) -> Role | None:
            return None if super().role_of(secret) is None else "read"

    return (ReadingKeys if read_only else Keys)(folder / "keys.json")


def _in_background(refresh: Callable[[], None]) -> None:
    def go_on() -> None:
        while True:
            time.sleep(_REFRESH_SECONDS)
            try:
                refresh()
            except (WordsightError, OSError) as error:
                _log.warning("the share is not read again: %s", error)

    threading.Thread(target=go_on, name="refresh", daemon=True).start()
