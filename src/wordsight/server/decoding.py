"""Decoding photos in a process of its own, within limits of time, memory and pixels."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from math import inf

import numpy as np
import numpy.typing as npt

from wordsight.errors import PhotoError
from wordsight.server.decode_worker import receive, send
from wordsight.server.settings import Decoding

_IDLE_SECONDS = 60.0


class Decoder:
    """Whatever a photo's bytes do to the decoder, they do it elsewhere, and not for long.

    The process is started when it is needed, and let go when it has been idle for a minute.
    """

    def __init__(self, limits: Decoding) -> None:
        self._limits = limits
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def pixels(self, data: bytes, side: int) -> npt.NDArray[np.uint8]:
        """As the models take it: uint8 `[side, side, 3]`.

        Raises:
            PhotoError: it is no photo, or takes too much.
        """
        raw = self._ask("pixels", data, side, self._limits.megapixels)
        return np.frombuffer(raw, np.uint8).reshape(side, side, 3)

    def thumbnail(self, data: bytes, longest: int) -> bytes:
        """An upright JPEG of at most so many pixels a side, of a photo of the library: its
        pixels are not limited anew, only time and memory are.

        Raises:
            PhotoError: as `pixels`.
        """
        return self._ask("thumbnail", data, longest, inf)

    def _ask(self, what: str, data: bytes, side: int, megapixels: float) -> bytes:
        with self._turn:
            self._rest(None)
            process = self._started()
            assert process.stdin is not None
            assert process.stdout is not None
            killer = threading.Timer(self._limits.seconds, process.kill)
            killer.start()
            try:
                send(process.stdin, {"as": what, "side": side, "megapixels": megapixels}, data)
                told, answer = receive(process.stdout)
            except (EOFError, OSError, ValueError):
                self._end()
                raise PhotoError(
                    "decode", "the picture takes too long, or too much memory, to unpack"
                ) from None
            finally:
                killer.cancel()
                self._rest(_IDLE_SECONDS)
        if told:
            raise PhotoError(told["stage"], told["reason"])
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "wordsight.server.decode_worker"]
            self._process = subprocess.Popen(
                [*command, str(self._limits.megabytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the server, which ends it
            )
        return self._process

    def _rest(self, seconds: float | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = None
        if seconds is not None:
            self._idle = threading.Timer(seconds, self.close)
            self._idle.daemon = True
            self._idle.start()

    def close(self) -> None:
        """End the process; it is started again when it is needed."""
        with self._turn:
            self._rest(None)
            self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.wait()


def _environment() -> dict[str, str]:
    """With what is imported from here: a host may have put packages on the path itself."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
