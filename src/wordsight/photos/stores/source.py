"""A container of a store, or a part of one, as a source of photos."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote, unquote

from wordsight.errors import SourceError, UnreachableError
from wordsight.photos.folder import ListedFile, is_photo_name
from wordsight.photos.stores.store import Store, StoredFile

_LONGEST_ETAG = 48


@dataclass(frozen=True)
class Address:
    """Where something lies in a store. `key` is as it is there, not percent-encoded."""

    protocol: str
    container: str
    key: str

    @property
    def uri(self) -> str:
        return f"{self.protocol}://{self.container}/{quote(self.key)}".rstrip("/")


def address_of(uri: str) -> Address:
    """The address behind a URI of the catalog's form.

    Raises:
        SourceError: there is no container in it, or there is a secret.
    """
    protocol, _, rest = uri.partition("://")
    container, _, key = rest.partition("/")
    if not container:
        raise SourceError(f"{protocol}:// names no container; write {protocol}://CONTAINER/PREFIX")
    if "?" in rest or ":" in container.rpartition("@")[0]:
        raise SourceError(
            f"{protocol}:// takes no signature, key or password in the address; "
            "set them in the environment (see docs/stores.md)"
        )
    return Address(protocol.lower(), container, unquote(key.strip("/")))


@cache
def store_of(protocol: str, container: str) -> Store:
    """The store's client, one a process."""
    if protocol in {"az", "abfs", "abfss"}:
        try:
            from wordsight.photos.stores.azure import AzureStore
        except ImportError as error:
            raise SourceError(
                f"{protocol}:// needs the Azure client: pip install 'wordsight[azure]'"
            ) from error
        return AzureStore(container)
    from wordsight.photos.stores.filesystem import FilesystemStore

    return FilesystemStore(protocol, container)


@dataclass
class StoreSource:
    """The photos in a store whose keys lie below a prefix.

    Hidden names are passed over, as in folders.

    Raises:
        SourceError: the store cannot be opened, reached or listed.
    """

    address: Address
    unlisted: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._store = store_of(self.address.protocol, self.address.container)
        try:
            next(self._store.files(self._prefix), None)
        except UnreachableError as error:
            raise SourceError(f"cannot list {self.uri}: {error}") from error

    @property
    def uri(self) -> str:
        return self.address.uri

    @property
    def _prefix(self) -> str:
        return f"{self.address.key}/" if self.address.key else ""

    def list(self) -> Iterator[ListedFile]:
        """As the store lists them."""
        self.unlisted.clear()
        try:
            for file in self._store.files(self._prefix):
                if _is_shown(file.key.removeprefix(self._prefix)):
                    yield self._listed(file)
        except (UnreachableError, SourceError) as error:  # what was not listed is not gone
            self.unlisted[self.uri] = str(error)

    def _listed(self, file: StoredFile) -> ListedFile:
        address = Address(self.address.protocol, self.address.container, file.key)
        mtime_ns = int(file.modified.timestamp() * 1e6) * 1000 if file.modified else None
        return ListedFile(address.uri, file.size, _fingerprint(file, mtime_ns), mtime_ns)


def _is_shown(name: str) -> bool:
    *folders, last = name.split("/")
    return is_photo_name(last) and not any(folder.startswith(".") for folder in folders)


def _fingerprint(file: StoredFile, mtime_ns: int | None) -> str:
    if not file.etag:
        return f"{file.size}-{mtime_ns}"
    tag = file.etag.strip('"')
    if len(tag) > _LONGEST_ETAG:
        tag = hashlib.sha256(tag.encode()).hexdigest()[:_LONGEST_ETAG]
    return f"{file.size}-{tag}"
