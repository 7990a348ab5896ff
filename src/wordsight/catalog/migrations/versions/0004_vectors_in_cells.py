"""Fused vectors beside the cells that they are in, so that the database itself can be searched.

They are null until the next indexing run puts them there, and always in SQLite.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wordsight.catalog.vectors import HalfVectors

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("memberships", sa.Column("vector", HalfVectors()))
