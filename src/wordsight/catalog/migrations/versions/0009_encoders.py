"""Which encoder was chosen, and embeddings in its space until all photos have them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wordsight.catalog.vectors import HalfVectors

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "staged",
        sa.Column("described_by", sa.String(length=64), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("caption", HalfVectors(), nullable=False),
        sa.Column("picture", HalfVectors(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("described_by", "photo_id"),
    )
