"""Uploads and long work, and what long work makes."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, String, UniqueConstraint

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import (
    MICROSECONDS,
    PRINCIPAL,
    STATE,
    VERSION,
    blob,
    image_id,
    make_table,
    project_id,
)

upload_batches = make_table(
    "upload_batches",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("display_name", String(200), nullable=False),
    Column("state", STATE, nullable=False),
    Column("feature_set", VERSION, nullable=False),
    Column("source", String(100), nullable=False),
    Column("uploader", PRINCIPAL, nullable=False),
    Column("request_id", IdType),
    Column("duplicate_count", BigInteger, nullable=False, default=0),
    Column("refused_count", BigInteger, nullable=False, default=0),
    Column("metadata_count", BigInteger, nullable=False, default=0),
    Column("label_count", BigInteger, nullable=False, default=0),
    Column("feature_count", BigInteger, nullable=False, default=0),
    Column("open_streams", Integer, nullable=False, default=0),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Column("finish_time", MICROSECONDS),
    UniqueConstraint("project_id", "uploader", "request_id"),
    Index("ix_upload_batches_state", "state"),
)

upload_notices = make_table(
    "upload_notices",
    Column("id", IdType, primary_key=True),
    Column("upload_batch_id", IdType, ForeignKey("upload_batches.id", ondelete="CASCADE"), nullable=False),
    Column("file_name", String(1000), nullable=False),
    Column("row_number", BigInteger, nullable=False),
    Column("severity", STATE, nullable=False),
    Column("status", blob(), nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Index("ix_upload_notices_batch", "upload_batch_id", "id"),
)

upload_files = make_table(
    "upload_files",
    # What each file of an open batch became: tables find their images by it, and a second run of an import the first.
    Column(
        "upload_batch_id", IdType, ForeignKey("upload_batches.id", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    Column("path_folded", String(500), primary_key=True),
    image_id(primary_key=True),
    Column("base_folded", String(500), nullable=False),
    Index("ix_upload_files_base", "upload_batch_id", "base_folded"),
    with_rowid=False,
)

operations = make_table(
    "operations",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("kind", String(32), nullable=False),
    Column("state", STATE, nullable=False),
    Column("target", String(200), nullable=False),
    Column("request", blob(), nullable=False),
    Column("phase", String(100), nullable=False, default=""),
    Column("fraction", Double, nullable=False, default=0.0),
    Column("done_count", BigInteger, nullable=False, default=0),
    Column("total_count", BigInteger, nullable=False, default=0),
    Column("failed_count", BigInteger, nullable=False, default=0),
    Column("failures", blob()),
    # What a handler keeps between two runs of itself, as it likes.
    Column("checkpoint", blob()),
    Column("response", blob()),
    Column("error", blob()),
    Column("creator", PRINCIPAL, nullable=False),
    Column("caller", blob(), nullable=False),
    Column("cancel_requested", Boolean, nullable=False, default=False),
    Column("lease_owner", String(64)),
    Column("lease_until", MICROSECONDS),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Column("finish_time", MICROSECONDS),
    Index("ix_operations_state", "state", "lease_until"),
    Index("ix_operations_creator", "project_id", "creator", "id"),
)

operation_request_parts = make_table(
    "operation_request_parts",
    # Requests that are large, in pieces; `operations.request` is empty then. SQLite writes a row anew as a whole: with
    # 16 MB of ids in the row, each note of how far an operation came would take 20 ms. MariaDB takes no statement of
    # 16 MiB.
    Column("operation_id", IdType, ForeignKey("operations.id", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("content", blob(), nullable=False),
)

analyses = make_table(
    "analyses",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("display_name", String(100), nullable=False),
    Column("method", STATE, nullable=False),
    Column("dimensions", Integer, nullable=False),
    Column("feature_source", String(150), nullable=False),
    Column("feature_version", VERSION, nullable=False, default=""),
    Column("seed", BigInteger, nullable=False),
    Column("neighbors", Integer, nullable=False),
    Column("perplexity", Double, nullable=False),
    Column("visibility", STATE, nullable=False),
    Column("selector", blob(), nullable=False),
    Column("state", STATE, nullable=False),
    Column("failure", blob()),
    Column("point_count", Integer, nullable=False, default=0),
    Column("skipped_count", Integer, nullable=False, default=0),
    Column("compute_seconds", Double, nullable=False, default=0.0),
    Column("trustworthiness", Double),
    Column("neighbor_preservation", Double),
    Column("landmark_count", Integer, nullable=False, default=0),
    Column("object_key", String(200)),
    Column("reducer_key", String(200)),
    Column("placed_count", Integer, nullable=False, default=0),
    # With whose rights later images are placed on it; empty: it is not kept current.
    Column("keeper", blob()),
    Column("creator", PRINCIPAL, nullable=False),
    Column("operation_id", IdType),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Index("ix_analyses_project", "project_id", "id"),
)

exports = make_table(
    "exports",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("selector", blob(), nullable=False),
    # A split whose images go in; `selector` names none then.
    Column("split_id", IdType),
    Column("contents", String(200), nullable=False),
    Column("analyses", blob(), nullable=False),
    Column("state", STATE, nullable=False),
    Column("image_count", BigInteger, nullable=False, default=0),
    Column("size_bytes", BigInteger, nullable=False, default=0),
    Column("object_key", String(200)),
    Column("creator", PRINCIPAL, nullable=False),
    Column("operation_id", IdType),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("expire_time", MICROSECONDS),
    Index("ix_exports_creator", "project_id", "creator", "id"),
    Index("ix_exports_expire", "expire_time"),
)
