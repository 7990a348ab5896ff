"""What runs beside each other are describing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
