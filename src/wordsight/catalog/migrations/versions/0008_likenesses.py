"""What tells near-duplicates, and the series that they form."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "likenesses",
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("thumbprint", sa.LargeBinary(), nullable=False),
        sa.Column("compared", sa.Boolean(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id"),
    )
    op.create_index("photos_by_series", "likenesses", ["series"])
    op.create_index(
        "likenesses_waiting",
        "likenesses",
        ["photo_id"],
        sqlite_where=sa.text("NOT compared"),
        postgresql_where=sa.text("NOT compared"),
    )
