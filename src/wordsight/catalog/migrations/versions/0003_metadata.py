"""What photos' files tell beside their pixels.

Photos from before have no `metadata_read_by`: the next indexing run reads their metadata, and
describes nothing again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for column in (
        sa.Column("utc_offset", sa.Integer()),
        sa.Column("make", sa.String(length=100)),
        sa.Column("model", sa.String(length=100)),
        sa.Column("lens", sa.String(length=100)),
        sa.Column("latitude", sa.Float()),
        sa.Column("longitude", sa.Float()),
        sa.Column("rating", sa.Integer()),
        sa.Column("metadata_read_by", sa.Integer()),
    ):
        op.add_column("photos", column)
    op.create_index("photos_by_time", "photos", ["taken_at"])
    op.create_table(
        "keywords",
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("folded", sa.String(length=100), nullable=False),
        sa.Column("text", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id", "folded"),
    )
    op.create_index("keywords_by_text", "keywords", ["folded"])
