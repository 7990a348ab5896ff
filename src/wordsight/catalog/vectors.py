"""Vectors in a column: `halfvec` and `vector` of pgvector on PostgreSQL, BLOBs on SQLite.

In Python they are bytes on both, little-endian float16 or float32.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Vectors(TypeDecorator[bytes]):
    impl = LargeBinary
    cache_ok = True
    _stored: ClassVar[np.dtype[np.floating[Any]]]

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(LargeBinary())
        return dialect.type_descriptor(self._pgvector())

    def _pgvector(self) -> TypeEngine[Any]:
        raise NotImplementedError

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> Any:
        if value is None or dialect.name != "postgresql":
            return value
        return np.frombuffer(value, self._stored)

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None or dialect.name != "postgresql":
            return value  # type: ignore[no-any-return]
        return np.asarray(value).astype(self._stored).tobytes()


class HalfVectors(_Vectors):
    """float16."""

    cache_ok = True
    _stored = np.dtype("<f2")

    def _pgvector(self) -> TypeEngine[Any]:
        from pgvector.sqlalchemy import HALFVEC

        return HALFVEC()


class SingleVectors(_Vectors):
    """float32."""

    cache_ok = True
    _stored = np.dtype("<f4")

    def _pgvector(self) -> TypeEngine[Any]:
        from pgvector.sqlalchemy import VECTOR

        return VECTOR()
