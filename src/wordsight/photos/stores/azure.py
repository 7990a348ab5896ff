"""Azure Blob Storage, by the official client."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobProperties,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
    UserDelegationKey,
    generate_blob_sas,
)

from wordsight.errors import PhotoError, SourceError, UnreachableError
from wordsight.photos.folder import MAX_FILE_MEGABYTES
from wordsight.photos.stores.store import StoredFile, patiently

_PASSING = frozenset({408, 412, 429, 500, 502, 503, 504})  # 412: changed while it was read
_OPTIONS: dict[str, Any] = {"connection_timeout": 10, "read_timeout": 30, "retry_total": 0}
_CLOCK_SKEW = timedelta(minutes=5)
_ASK_AGAIN = timedelta(minutes=1)
_HOW = (
    "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT_NAME with "
    "AZURE_STORAGE_ACCOUNT_KEY or a login that azure-identity finds"
)


class AzureStore:
    """The blobs of one container. Credentials come from the environment, and stay there.

    Raises:
        SourceError: the environment names no account.
    """

    def __init__(self, container: str) -> None:
        self._service = _connect()
        self._container: ContainerClient = self._service.get_container_client(container)
        self._lent: UserDelegationKey | None = None
        self._ask_at = self._lent_until = datetime.min.replace(tzinfo=UTC)

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """Pages of blobs, each tried again by itself."""
        token: str | None = None
        while True:
            names, token = patiently(partial(self._page, prefix, token))
            yield from names
            if not token:
                return

    def read(self, key: str) -> bytes:
        """A blob's bytes, of one version of it."""
        return patiently(lambda: self._read(key))

    def prepare(self) -> None:
        """Make the container, if it is not there."""
        patiently(self._make)

    def write(self, key: str, data: bytes, md5: bytes, content_type: str) -> None:
        """Upload a blob; the service compares what arrives with its checksum, and keeps that."""
        patiently(lambda: self._write(key, data, md5, content_type))

    def checksum(self, file: StoredFile) -> bytes:
        """As the service keeps it, or of what is read."""
        return file.md5 or hashlib.md5(self.read(file.key), usedforsecurity=False).digest()

    def sign(self, key: str, seconds: int) -> str | None:
        """The blob's address with a shared access signature that allows reading alone."""
        blob = self._container.get_blob_client(key)
        now = datetime.now(UTC)
        by = self._signing_key(now + timedelta(seconds=seconds))
        if by is None:
            return None
        token = generate_blob_sas(
            account_name=str(self._service.account_name),
            container_name=blob.container_name,
            blob_name=key,
            permission=BlobSasPermissions(read=True),
            start=now - _CLOCK_SKEW,
            expiry=now + timedelta(seconds=seconds),
            **by,
        )
        return f"{blob.url}?{token}"

    def _page(self, prefix: str, token: str | None) -> tuple[list[StoredFile], str | None]:
        try:
            pages: Any = self._container.list_blobs(prefix).by_page(token)
            page = [
                StoredFile(blob.name, blob.size, blob.etag, blob.last_modified, _md5(blob))
                for blob in next(pages, [])
            ]
        except ResourceNotFoundError:
            name = self._container.container_name
            raise SourceError(f"there is no container {name} in the storage account") from None
        except AzureError as error:
            raise _explained(error) from error
        return page, pages.continuation_token

    def _read(self, key: str) -> bytes:
        try:
            download = self._container.download_blob(key, max_concurrency=1)
            if download.size > MAX_FILE_MEGABYTES * 2**20:
                raise PhotoError(
                    "read",
                    f"{download.size / 2**20:.0f} MB is over the limit of {MAX_FILE_MEGABYTES} MB",
                )
            return download.readall()
        except ResourceNotFoundError:
            raise PhotoError("read", "the blob vanished before it was read") from None
        except AzureError as error:
            raise _explained(error) from error

    def _make(self) -> None:
        try:
            self._container.create_container()
        except ResourceExistsError:
            pass
        except AzureError as error:
            raise _explained(error) from error

    def _write(self, key: str, data: bytes, md5: bytes, content_type: str) -> None:
        settings = ContentSettings(content_type=content_type, content_md5=bytearray(md5))
        try:
            self._container.upload_blob(
                key, data, overwrite=True, validate_content=True, content_settings=settings
            )
        except AzureError as error:
            raise _explained(error) from error

    def _signing_key(self, until: datetime) -> dict[str, Any] | None:
        """What generate_blob_sas signs with: the account's key, or one that a login lends."""
        account_key = getattr(self._service.credential, "account_key", None)
        if account_key:
            return {"account_key": account_key}
        if not hasattr(self._service.credential, "get_token"):
            return None  # a signature signs nothing else
        if self._lent_until < until:
            self._borrow_key(until + timedelta(hours=1))
        return {"user_delegation_key": self._lent} if self._lent else None

    def _borrow_key(self, until: datetime) -> None:
        """Where none is lent, searches are not to wait for it each time."""
        now = datetime.now(UTC)
        if now < self._ask_at:
            return
        self._lent, self._ask_at = None, now + _ASK_AGAIN
        with suppress(AzureError):
            self._lent = self._service.get_user_delegation_key(now - _CLOCK_SKEW, until)
            self._ask_at, self._lent_until = now, until


def _connect() -> BlobServiceClient:
    text = os.environ.get("AZURE_STORAGE_CONNECTION_STRING")
    try:
        if text:
            return BlobServiceClient.from_connection_string(text, **_OPTIONS)
        account = os.environ.get("AZURE_STORAGE_ACCOUNT_NAME")
        if not account:
            raise SourceError(f"no storage account is known: {_HOW}")
        key = os.environ.get("AZURE_STORAGE_ACCOUNT_KEY") or os.environ.get("AZURE_STORAGE_KEY")
        address = f"https://{account}.blob.core.windows.net"
        return BlobServiceClient(address, credential=key or _login(), **_OPTIONS)
    except ValueError:  # whose text may quote the secret
        raise SourceError(f"the storage account's credentials are malformed: {_HOW}") from None


def _login() -> Any:
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


def _explained(error: AzureError) -> UnreachableError:
    """In words that carry no address and no signature."""
    if not isinstance(error, HttpResponseError) or error.status_code is None:
        kind = type(error).__name__
        if kind == "ClientAuthenticationError":  # azure-identity found no login
            return UnreachableError(f"the storage account takes no login: {_HOW}")
        return UnreachableError(f"the store does not answer ({kind})", passing=True)
    code = getattr(error, "error_code", None) or error.reason or ""
    said = f"the store answers {error.status_code} {getattr(code, 'value', code)}".rstrip()
    passing = error.status_code in _PASSING or code == "Md5Mismatch"
    return UnreachableError(said, passing, _retry_after(error))


def _md5(blob: BlobProperties) -> bytes | None:
    kept = blob.content_settings.content_md5
    return bytes(kept) if kept else None


def _retry_after(error: HttpResponseError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    try:
        return float(headers.get("Retry-After", 0))
    except ValueError:  # a date
        return 0.0
