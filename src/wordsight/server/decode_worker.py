"""A process that decodes photos for a server, so that it can be killed.

Reads requests from standard input, and answers on standard output: frames of a length and so many
bytes of JSON, then of data.
"""

from __future__ import annotations

import json
import struct
import sys
import warnings
from contextlib import suppress
from typing import IO, Any

HEAD = struct.Struct(">II")


def send(pipe: IO[bytes], told: dict[str, Any], data: bytes = b"") -> None:
    """Write a frame."""
    text = json.dumps(told).encode()
    pipe.write(HEAD.pack(len(text), len(data)) + text)
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """Read a frame.

    Raises:
        EOFError: there is none any more.
    """
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        raise EOFError
    text, data = HEAD.unpack(head)
    return json.loads(pipe.read(text)), pipe.read(data)


def _limit_memory(megabytes: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # not on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes * 1_000_000,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _work(told: dict[str, Any], data: bytes) -> bytes:
    from wordsight.photos.decode import decode, thumbnail

    if told["as"] == "thumbnail":
        return thumbnail(data, told["side"], told["megapixels"])
    return decode(data, told["side"], told["megapixels"]).pixels.tobytes()


def main() -> None:
    """Serve until standard input ends."""
    from wordsight.errors import PhotoError

    warnings.filterwarnings("ignore", module="PIL")
    _limit_memory(int(sys.argv[1]))
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # nothing else may be written there
    with suppress(EOFError, KeyboardInterrupt, BrokenPipeError):
        while True:
            told, data = receive(sys.stdin.buffer)
            try:
                send(answers, {}, _work(told, data))
            except PhotoError as error:
                send(answers, {"stage": error.stage, "reason": error.reason})


if __name__ == "__main__":
    main()
