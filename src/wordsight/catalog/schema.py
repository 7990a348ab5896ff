"""The catalog's tables: the truth about a library, from which everything else is derived.

A *photo* is a distinct picture, known by the hash of its bytes; a *file* is a place where
it lies. A photo in two places is described once, and moving a file loses nothing.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from wordsight.catalog.vectors import HalfVectors, SingleVectors

metadata = MetaData()

BinaryOrder = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts by its bytes on any database."""

sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uri", BinaryOrder, nullable=False, unique=True),
    Column("indexed_at", DateTime),
)

models = Table(
    "models",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("name", String(80), nullable=False),
    Column("revision", String(64), nullable=False),
    UniqueConstraint("kind", "name", "revision"),
)

photos = Table(
    "photos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("format", String(12), nullable=False),
    Column("taken_at", DateTime),  # local time, as the camera had it
    Column("utc_offset", Integer),  # of taken_at, minutes east
    Column("make", String(100)),
    Column("model", String(100)),
    Column("lens", String(100)),
    Column("latitude", Float),  # degrees, both or neither
    Column("longitude", Float),
    Column("rating", Integer),  # -1 rejected, 0 to 5 stars
    Column("metadata_read_by", Integer),  # the reader's version; null: not read yet
    Column("described_by", String(64), nullable=False),  # identity of the set of models
    Column("described_at", DateTime, nullable=False),
    Column("version", BigInteger, nullable=False),  # state.version when it last changed
)
Index("photos_by_version", photos.c.version)
Index("photos_by_time", photos.c.taken_at)

keywords = Table(
    "keywords",
    metadata,
    Column("photo_id", ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("folded", String(100), primary_key=True),  # for comparing
    Column("text", String(100), nullable=False),
)
Index("keywords_by_text", keywords.c.folded)

files = Table(
    "files",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", ForeignKey("sources.id"), nullable=False),
    Column("uri", BinaryOrder, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger),  # when it was last modified, nanoseconds since 1970
    Column("fingerprint", String(80), nullable=False),
    Column("photo_id", ForeignKey("photos.id")),  # null: waiting, or failed
    Column("changed", Boolean, nullable=False),  # to be read again; shows its photo until then
    Column("seen_in", Integer, nullable=False),  # the last run that listed it
)
Index("files_by_photo", files.c.photo_id)
Index(
    "files_waiting",
    files.c.id,
    sqlite_where=text("photo_id IS NULL"),
    postgresql_where=text("photo_id IS NULL"),
)

failures = Table(
    "failures",
    metadata,
    Column("file_id", ForeignKey("files.id", ondelete="CASCADE"), primary_key=True),
    Column("stage", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("failed_at", DateTime, nullable=False),
)

captions = Table(
    "captions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("photo_id", ForeignKey("photos.id", ondelete="CASCADE"), nullable=False),
    Column("model_id", ForeignKey("models.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    UniqueConstraint("photo_id", "model_id"),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("photo_id", ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("signal", String(12), primary_key=True),  # "caption" or "picture"
    Column("model_id", ForeignKey("models.id"), nullable=False),
    Column("vector", HalfVectors, nullable=False),
)

likenesses = Table(  # what tells near-duplicates; see `likenesses.py`
    "likenesses",
    metadata,
    Column("photo_id", ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("thumbprint", LargeBinary, nullable=False),  # empty: the photo could not be read again
    Column("compared", Boolean, nullable=False),  # with all photos before it
    Column("series", Integer),  # its near-duplicates have the same; null: it has none
)
Index("photos_by_series", likenesses.c.series)
Index(
    "likenesses_waiting",
    likenesses.c.photo_id,
    sqlite_where=text("NOT compared"),
    postgresql_where=text("NOT compared"),
)

corrections = Table(  # captions by people; they outlive the photo's other rows
    "corrections",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("corrected_at", DateTime, nullable=False),
)

texts = Table(  # words in lower case, spaces between them; see `texts.py`
    "texts",
    metadata,
    Column("photo_id", ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("version", BigInteger, nullable=False),  # the photo's, when they were taken in
    Column("caption", Text, nullable=False),
    Column("names", Text, nullable=False),  # of files and folders, and tags
)
Index("texts_by_version", texts.c.version)

clusterings = Table(
    "clusterings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("models", String(64), nullable=False),  # identity of the models of its vectors
    Column("method", String(40), nullable=False),
    Column("parameters", Text, nullable=False),  # JSON
    Column("quality", Text, nullable=False),  # JSON, as measured when it was fitted
    Column("photos", Integer, nullable=False),  # when it was fitted
    Column("mean", SingleVectors, nullable=False),
    Column("automatic", Boolean, nullable=False),  # may be replaced by a newer one
    Column("active", Boolean, nullable=False),
    Column("created_at", DateTime, nullable=False),
)

components = Table(
    "components",
    metadata,
    Column("clustering_id", ForeignKey("clusterings.id", ondelete="CASCADE"), primary_key=True),
    Column("component", Integer, primary_key=True),  # 0 explains most
    Column("variance", Float, nullable=False),  # its share of the whole
    Column("vector", SingleVectors, nullable=False),
)

centroids = Table(
    "centroids",
    metadata,
    Column("clustering_id", ForeignKey("clusterings.id", ondelete="CASCADE"), primary_key=True),
    Column("cell", Integer, primary_key=True),
    Column("cell_group", Integer, nullable=False),
    Column("size", Integer, nullable=False),  # memberships
    Column("vector", SingleVectors, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("clustering_id", ForeignKey("clusterings.id", ondelete="CASCADE"), primary_key=True),
    Column("photo_id", ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("cell", Integer, nullable=False),
    Column("squared_distance", Float, nullable=False),  # to the centroid
    Column("vector", HalfVectors),  # fused; null where snapshots alone are searched
)
Index("memberships_by_cell", memberships.c.clustering_id, memberships.c.cell)

leases = Table(  # what runs beside each other are describing; see `leases.py`
    "leases",
    metadata,
    Column("key", String(64), primary_key=True),  # a file's id, or the hash of a content
    Column("holder", Integer, nullable=False),  # number of the run
)

settings = Table(  # what was chosen for the library; what is not here is as packaged
    "settings",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", Text, nullable=False),
)

staged = Table(  # embeddings in another encoder's space, until all photos have them
    "staged",
    metadata,
    Column("described_by", String(64), primary_key=True),  # identity of the models to come
    Column("photo_id", ForeignKey("photos.id", ondelete="CASCADE"), primary_key=True),
    Column("version", BigInteger, nullable=False),  # the photo's, when they were made
    Column("caption", HalfVectors, nullable=False),
    Column("picture", HalfVectors, nullable=False),
)

state = Table(
    "state",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("catalog_id", String(32), nullable=False),  # random: no other catalog has it
    Column("version", BigInteger, nullable=False),
)
"""One row. Each writing transaction first raises `version` and holds that row until it
commits, so versions become visible in their order, on any database."""
