"""Vectors in a column: `halfvec` and `vector` of pgvector on PostgreSQL, BLOBs on SQLite.

In Python they are bytes on both, little-endian float16 or float32.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Vectors(TypeDecorator[bytes]):
    impl = LargeBinary
    cache_ok = True
    _stored: ClassVar[np.dtype[np.floating[Any]]]
    _column: ClassVar[str]
    """pgvector's type of the column."""
    _value: ClassVar[str]
    """What the driver takes."""

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(LargeBinary())
        columns = import_module("pgvector.sqlalchemy")  # an extra, for PostgreSQL alone
        return dialect.type_descriptor(_unprocessed(getattr(columns, self._column)))

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "postgresql":
            return value
        vector = getattr(import_module("pgvector"), self._value)
        return vector(np.frombuffer(value, self._stored))

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if dialect.name != "postgresql":
            return bytes(value)
        return bytes(value.to_numpy().astype(self._stored, copy=False).tobytes())


class HalfVectors(_Vectors):
    """float16."""

    cache_ok = True
    _stored = np.dtype("<f2")
    _column = "HALFVEC"
    _value = "HalfVector"


class SingleVectors(_Vectors):
    """float32."""

    cache_ok = True
    _stored = np.dtype("<f4")
    _column = "VECTOR"
    _value = "Vector"


def _unprocessed(column: type[TypeEngine[Any]]) -> TypeEngine[Any]:
    """pgvector's type, but values pass as they are: its own would send and read them as text."""

    def nothing(*_arguments: object) -> None:
        return None

    made: type[TypeEngine[Any]] = type(
        column.__name__,
        (column,),
        {"bind_processor": nothing, "result_processor": nothing, "cache_ok": True},
    )
    return made()
