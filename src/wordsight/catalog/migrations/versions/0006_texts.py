"""The words of photos, for full-text search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OLD = "INSERT INTO words (words, rowid, caption, names) VALUES ('delete', old.photo_id, {})"
_NEW = "INSERT INTO words (rowid, caption, names) VALUES (new.photo_id, new.caption, new.names)"


def upgrade() -> None:
    op.create_table(
        "texts",
        sa.Column("photo_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photos.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("photo_id"),
    )
    op.create_index("texts_by_version", "texts", ["version"])
    if op.get_context().dialect.name == "postgresql":
        for column in ("caption", "names"):
            op.execute(
                f"CREATE INDEX words_of_{column} ON texts "
                f"USING gin (to_tsvector('simple'::regconfig, {column}))"
            )
        return
    op.execute(
        "CREATE VIRTUAL TABLE words USING fts5 (caption, names, content='texts', "
        "content_rowid='photo_id', tokenize='unicode61 remove_diacritics 0')"
    )
    old = _OLD.format("old.caption, old.names")
    for name, when in {
        "words_added": f"AFTER INSERT ON texts BEGIN {_NEW}; END",
        "words_removed": f"AFTER DELETE ON texts BEGIN {old}; END",
        "words_changed": f"AFTER UPDATE ON texts BEGIN {old}; {_NEW}; END",
    }.items():
        op.execute(f"CREATE TRIGGER {name} {when}")
