"""Keys of those who may use a server that others can reach."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from wordsight.errors import LibraryError

Role = Literal["read", "write"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Key:
    """A key's name and role, and the SHA-256 of the key itself, which is kept nowhere.

    A key is 256 random bits: nothing slower is needed to keep it from being guessed.
    """

    name: str
    role: Role
    sha256: str
    made_at: str


class Keys:
    """The keys in a file; it is read anew when it changes, so a removed key ends at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: tuple[int, int] | None = None
        self._keys: list[Key] = []

    def all(self) -> list[Key]:
        """In the order in which they were made.

        Raises:
            LibraryError: the file is damaged.
        """
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return []
        if self._read_at != (state.st_mtime_ns, state.st_ino):
            self._keys = _read(self._path)
            self._read_at = state.st_mtime_ns, state.st_ino
        return self._keys

    def add(self, name: str, role: Role) -> str:
        """Make a key. It is told once, here.

        Raises:
            LibraryError: there is one of that name.
        """
        keys = self.all()
        if any(key.name == name for key in keys):
            raise LibraryError(f"there is a key {name!r} already; remove it first")
        secret = secrets.token_urlsafe(32)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._write([*keys, Key(name, role, _hash(secret), now)])
        return secret

    def remove(self, name: str) -> None:
        """Let a key open nothing any more.

        Raises:
            LibraryError: there is none of that name.
        """
        keys = self.all()
        left = [key for key in keys if key.name != name]
        if len(left) == len(keys):
            raise LibraryError(f"there is no key {name!r}; `wordsight keys list` shows them")
        self._write(left)

    def role_of(self, secret: str) -> Role | None:
        """What a key allows; None if it is none. Takes as long for any key."""
        given, role = _hash(secret), None
        for key in self.all():
            if hmac.compare_digest(key.sha256, given):
                role = key.role
        return role

    def _write(self, keys: list[Key]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_suffix(".part")
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([asdict(key) for key in keys], file, indent=1)
        aside.replace(self._path)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _read(path: Path) -> list[Key]:
    try:
        return [Key(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise LibraryError(
            f"the keys in {path} cannot be read ({error}); remove the file and make new ones"
        ) from error
