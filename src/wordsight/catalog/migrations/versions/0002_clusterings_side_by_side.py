"""Several clusterings side by side, components as rows, distances of members.

Clusterings are derived: the old one is dropped, and the next indexing run fits a new one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from wordsight.catalog.vectors import SingleVectors

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("memberships", "centroids", "clusterings"):
        op.drop_table(table)
    op.create_table(
        "clusterings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("models", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("photos", sa.Integer(), nullable=False),
        sa.Column("mean", SingleVectors(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    _of_a_clustering(
        "components",
        sa.Column("component", sa.Integer(), nullable=False),
        sa.Column("variance", sa.Float(), nullable=False),
        sa.Column("vector", SingleVectors(), nullable=False),
        sa.PrimaryKeyConstraint("clustering_id", "component"),
    )
    _of_a_clustering(
        "centroids",
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("cell_group", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("vector", SingleVectors(), nullable=False),
        sa.PrimaryKeyConstraint("clustering_id", "cell"),
    )
    _of_a_clustering(
        "memberships",
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("squared_distance", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("clustering_id", "photo_id"),
    )
    op.create_index("memberships_by_cell", "memberships", ["clustering_id", "cell"])


def _of_a_clustering(name: str, *columns: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("clustering_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clustering_id"], ["clusterings.id"], ondelete="CASCADE"),
        *columns,
    )
