"""A polite client: few connections, patience with busy servers, checksums on all that comes."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from wordsight import __version__
from wordsight.datasets.headers import goes_on, retry_after, told_md5
from wordsight.errors import DatasetError

try:
    import httpx
except ImportError:
    raise DatasetError(
        "fetching datasets needs httpx; run `pip install 'wordsight[datasets]'`"
    ) from None

ATTEMPTS = 6
PAUSE = 1.0
LONGEST_PAUSE = 300.0
MAX_PHOTO = 64 << 20
_BUSY = {408, 429, 500, 502, 503, 504}
_MIRROR = "WORDSIGHT_DATASETS_MIRROR"

Watch = Callable[[int, int], None]
T = TypeVar("T")


class _PassingError(Exception):
    """Another attempt may help, after so many seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Web:
    """Fetches files, each tried several times; no more than `connections` at a time.

    When a server asks to wait, all connections do. `$WORDSIGHT_DATASETS_MIRROR` is a URL that
    stands for all servers: `http://host/a` is then fetched from `MIRROR/host/a`.
    """

    def __init__(self, connections: int) -> None:
        self._client = httpx.Client(
            limits=httpx.Limits(max_connections=connections),
            timeout=httpx.Timeout(30.0, pool=None),
            follow_redirects=True,
            headers={"User-Agent": f"wordsight/{__version__}", "Accept-Encoding": "identity"},
        )
        self._mirror = os.environ.get(_MIRROR, "").rstrip("/")
        if self._mirror and not self._mirror.startswith(("http://", "https://")):
            raise DatasetError(f"${_MIRROR} must be a URL, not {self._mirror}")
        self._lock = threading.Lock()
        self._not_before = 0.0

    def close(self) -> None:
        self._client.close()

    def get(self, url: str) -> bytes:
        """A photo's bytes, whole, by what the server tells of their length and checksum.

        Raises:
            DatasetError: it is not there, or did not come after several attempts.
        """
        return self._patiently(url, lambda: self._get(url), lambda: 0)

    def download(self, url: str, path: Path, md5: str = "", watch: Watch = lambda *_: None) -> None:
        """Fetch a large file; what came before a stop or a cut is not fetched again.

        Args:
            url: where it is.
            path: gets the file when it is whole and checked; until then it grows beside it,
                in a file that ends in `.part`.
            md5: what it must be, in hexadecimal; else what the server tells, if it does.
            watch: is told the bytes that are there, and how many it will be.

        Raises:
            DatasetError: it is not there, did not come, or is not what it should be.
        """
        part = path.with_name(path.name + ".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._patiently(url, lambda: self._append(url, part, md5, watch), lambda: _size(part))
            part.replace(path)
        except OSError as error:
            raise DatasetError(f"cannot write {part}: {error.strerror}") from error

    def _patiently(self, url: str, attempt: Callable[[], T], came: Callable[[], int]) -> T:
        """Attempts are counted anew whenever more has come."""
        failed, had = 0, came()
        while True:
            self._wait()
            try:
                return attempt()
            except (_PassingError, httpx.TransportError) as error:
                failed = 1 if came() > had else failed + 1
                had = came()
                if failed >= ATTEMPTS:
                    raise DatasetError(f"{url} did not come: {_reason(error)}") from error
                self._hold_off(failed, getattr(error, "wait", 0.0))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise DatasetError(f"{url} cannot be fetched: {_reason(error)}") from error

    def _wait(self) -> None:
        with self._lock:
            pause = self._not_before - time.monotonic()
        if pause > 0:
            time.sleep(pause)

    def _hold_off(self, failed: int, asked: float) -> None:
        """The pause that a server asked for holds for all connections, others for this one."""
        if asked:
            until = time.monotonic() + min(asked, LONGEST_PAUSE)
            with self._lock:
                self._not_before = max(self._not_before, until)
        else:
            time.sleep(min(PAUSE * 2 ** (failed - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.5))

    def _get(self, url: str) -> bytes:
        with self._open(url) as response:
            data = bytearray()
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > MAX_PHOTO:
                    raise DatasetError(f"{url} is over {MAX_PHOTO >> 20} MB, which no photo is")
            told = told_md5(response.headers)
        if told and hashlib.md5(data, usedforsecurity=False).hexdigest() != told:
            raise _PassingError("its checksum does not fit")
        return bytes(data)

    def _append(self, url: str, part: Path, md5: str, watch: Watch) -> None:
        have = _size(part)
        with self._open(url, have) as response:
            told = md5 or told_md5(response.headers)
            if not goes_on(response.status_code, response.headers, have):
                part.unlink(missing_ok=True)
                raise _PassingError("what came before does not fit")
            if response.status_code != 416:  # else all of it is there
                _write(response, part, have if response.status_code == 206 else 0, watch)
        if told and _md5_of(part) != told:
            part.unlink()
            raise _PassingError("its checksum does not fit")

    @contextmanager
    def _open(self, url: str, have: int = 0) -> Iterator[httpx.Response]:
        headers = {"Range": f"bytes={have}-"} if have else {}
        with self._client.stream("GET", self._address(url), headers=headers) as response:
            code = response.status_code
            if code in _BUSY:
                said = f"the server answers {code} {response.reason_phrase}"
                raise _PassingError(said, retry_after(response.headers))
            if code not in {200, 206, 416}:
                raise DatasetError(f"{url} cannot be fetched: {code} {response.reason_phrase}")
            yield response

    def _address(self, url: str) -> str:
        if not self._mirror:
            return url
        parts = urlsplit(url)
        return f"{self._mirror}/{parts.netloc}{parts.path}"


def _write(response: httpx.Response, part: Path, have: int, watch: Watch) -> None:
    total = have + int(response.headers.get("Content-Length") or 0)
    with part.open("ab" if have else "wb") as file:
        for chunk in response.iter_raw():  # as it comes: what is gathered would be lost in a cut
            file.write(chunk)
            have += len(chunk)
            watch(have, max(total, have))


def _md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
