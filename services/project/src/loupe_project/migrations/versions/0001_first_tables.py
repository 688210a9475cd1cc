"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from loupe_kit.sql import IdType, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "projects",
    "removals",
    "request_ledger",
    "analyses",
    "exports",
    "images",
    "operations",
    "project_members",
    "tags",
    "upload_batches",
    "analysis_jobs",
    "image_features",
    "image_metadata",
    "image_tags",
    "labels",
    "predictions",
    "upload_files",
    "upload_notices",
    "prediction_boxes",
)
BLOB = sa.LargeBinary(length=(1 << 24) - 1)
SHA256 = sa.String(64).with_variant(mysql.CHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
TEXTS: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("display_name_folded", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("model_version", sa.String(length=63), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("owner_id", IdType, nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
        **TEXTS,
    )
    op.create_index("ix_projects_owner_id", "projects", ["owner_id"], unique=False)

    op.create_table(
        "removals",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("image_id", IdType, nullable=True),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_removals"),
        **TEXTS,
    )
    op.create_table(
        "request_ledger",
        sa.Column("caller_id", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=160), nullable=False),
        sa.Column("request_id", IdType, nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("response", BLOB, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("caller_id", "method", "request_id", name="pk_request_ledger"),
    )
    op.create_index("ix_request_ledger_create_time", "request_ledger", ["create_time"], unique=False)

    op.create_table(
        "analyses",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("dimensions", sa.Integer(), nullable=False),
        sa.Column("feature_source", sa.String(length=150), nullable=False),
        sa.Column("feature_version", sa.String(length=63), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("neighbors", sa.Integer(), nullable=False),
        sa.Column("perplexity", sa.Double(), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("selector", BLOB, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failure", BLOB, nullable=True),
        sa.Column("point_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("compute_seconds", sa.Double(), nullable=False),
        sa.Column("trustworthiness", sa.Double(), nullable=True),
        sa.Column("neighbor_preservation", sa.Double(), nullable=True),
        sa.Column("object_key", sa.String(length=200), nullable=True),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("operation_id", IdType, nullable=True),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_analyses_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_analyses"),
        **TEXTS,
    )
    op.create_index("ix_analyses_project", "analyses", ["project_id", "id"], unique=False)

    op.create_table(
        "exports",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("selector", BLOB, nullable=False),
        sa.Column("contents", sa.String(length=200), nullable=False),
        sa.Column("analyses", BLOB, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("image_count", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.String(length=200), nullable=True),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("operation_id", IdType, nullable=True),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_exports_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
        **TEXTS,
    )
    op.create_index("ix_exports_creator", "exports", ["project_id", "creator", "id"], unique=False)
    op.create_index("ix_exports_expire", "exports", ["expire_time"], unique=False)

    op.create_table(
        "images",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("file_name", sa.String(length=500), nullable=False),
        sa.Column("file_name_folded", sa.String(length=500), nullable=False),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.String(length=200), nullable=False),
        sa.Column("thumbnail_key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failure", BLOB, nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("order_time", UtcDateTime(), nullable=False),
        sa.Column("model", sa.String(length=63), nullable=True),
        sa.Column("version", sa.String(length=63), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("label_folded", sa.String(length=200), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("truth", sa.String(length=200), nullable=True),
        sa.Column("truth_folded", sa.String(length=200), nullable=True),
        sa.Column("capture_time", UtcDateTime(), nullable=True),
        sa.Column("upload_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.Column("uploader", sa.String(length=64), nullable=False),
        sa.Column("upload_batch_id", IdType, nullable=True),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_images_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_images"),
        sa.UniqueConstraint("project_id", "sha256", name="uq_images_project_id_sha256"),
        **TEXTS,
    )
    op.create_index("ix_images_batch", "images", ["upload_batch_id", "state"], unique=False)
    op.create_index("ix_images_capture_time", "images", ["project_id", "capture_time"], unique=False)
    op.create_index("ix_images_confidence", "images", ["project_id", "confidence", "id"], unique=False)
    op.create_index("ix_images_file_name", "images", ["project_id", "file_name_folded", "id"], unique=False)
    op.create_index("ix_images_label", "images", ["project_id", "label_folded", "confidence"], unique=False)
    op.create_index("ix_images_state", "images", ["project_id", "state"], unique=False)
    op.create_index("ix_images_truth", "images", ["project_id", "truth_folded"], unique=False)
    op.create_index("ix_images_upload_time", "images", ["project_id", "upload_time", "id"], unique=False)

    op.create_table(
        "operations",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("request", BLOB, nullable=False),
        sa.Column("phase", sa.String(length=100), nullable=False),
        sa.Column("fraction", sa.Double(), nullable=False),
        sa.Column("done_count", sa.BigInteger(), nullable=False),
        sa.Column("total_count", sa.BigInteger(), nullable=False),
        sa.Column("failed_count", sa.BigInteger(), nullable=False),
        sa.Column("failures", BLOB, nullable=True),
        sa.Column("checkpoint", BLOB, nullable=True),
        sa.Column("response", BLOB, nullable=True),
        sa.Column("error", BLOB, nullable=True),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("caller", BLOB, nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.Column("finish_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_operations_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
        **TEXTS,
    )
    op.create_index("ix_operations_creator", "operations", ["project_id", "creator", "id"], unique=False)
    op.create_index("ix_operations_state", "operations", ["state", "lease_until"], unique=False)

    op.create_table(
        "project_members",
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("principal_kind", sa.String(length=16), nullable=False),
        sa.Column("principal_id", IdType, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_project_members_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "principal_kind", "principal_id", name="pk_project_members"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_project_members_principal", "project_members", ["principal_kind", "principal_id"], unique=False)

    op.create_table(
        "tags",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=300), nullable=False),
        sa.Column("name_folded", sa.String(length=300), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_tags_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("project_id", "name_folded", name="uq_tags_project_id_name_folded"),
        **TEXTS,
    )
    op.create_table(
        "upload_batches",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("feature_set", sa.String(length=63), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("uploader", sa.String(length=64), nullable=False),
        sa.Column("request_id", IdType, nullable=True),
        sa.Column("duplicate_count", sa.BigInteger(), nullable=False),
        sa.Column("refused_count", sa.BigInteger(), nullable=False),
        sa.Column("metadata_count", sa.BigInteger(), nullable=False),
        sa.Column("label_count", sa.BigInteger(), nullable=False),
        sa.Column("feature_count", sa.BigInteger(), nullable=False),
        sa.Column("open_streams", sa.Integer(), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.Column("finish_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_upload_batches_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_upload_batches"),
        sa.UniqueConstraint(
            "project_id", "uploader", "request_id", name="uq_upload_batches_project_id_uploader_request_id"
        ),
        **TEXTS,
    )
    op.create_index("ix_upload_batches_state", "upload_batches", ["state"], unique=False)

    op.create_table(
        "analysis_jobs",
        sa.Column("id", IdType, nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=63), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.String(length=200), nullable=False),
        sa.Column("published_time", UtcDateTime(), nullable=True),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_analysis_jobs_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_analysis_jobs"),
        sa.UniqueConstraint("image_id", "model", "version", name="uq_analysis_jobs_image_id_model_version"),
        **TEXTS,
    )
    op.create_index("ix_analysis_jobs_project", "analysis_jobs", ["project_id"], unique=False)
    op.create_index("ix_analysis_jobs_waiting", "analysis_jobs", ["model", "published_time", "id"], unique=False)

    op.create_table(
        "image_features",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=63), nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("dimension", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_image_features_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "model", "version", name="pk_image_features"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_features_set", "image_features", ["project_id", "model", "version"], unique=False)

    op.create_table(
        "image_metadata",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_key", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("text_value", sa.String(length=2000), nullable=True),
        sa.Column("text_folded", sa.String(length=500), nullable=True),
        sa.Column("number_value", sa.Double(), nullable=True),
        sa.Column("time_value", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_image_metadata_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "key", name="pk_image_metadata"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_metadata_number", "image_metadata", ["project_id", "key", "number_value"], unique=False)
    op.create_index("ix_image_metadata_text", "image_metadata", ["project_id", "key", "text_folded"], unique=False)

    op.create_table(
        "image_tags",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("tag_id", IdType, nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_image_tags_image_id_images", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_image_tags_tag_id_tags", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("image_id", "tag_id", name="pk_image_tags"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_tags_tag", "image_tags", ["tag_id", "image_id"], unique=False)

    op.create_table(
        "labels",
        sa.Column("id", IdType, nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("name_folded", sa.String(length=200), nullable=False),
        sa.Column("x", sa.Float(), nullable=True),
        sa.Column("y", sa.Float(), nullable=True),
        sa.Column("width", sa.Float(), nullable=True),
        sa.Column("height", sa.Float(), nullable=True),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_labels_image_id_images", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_labels"),
        **TEXTS,
    )
    op.create_index("ix_labels_image", "labels", ["image_id", "id"], unique=False)
    op.create_index("ix_labels_name", "labels", ["project_id", "name_folded"], unique=False)

    op.create_table(
        "predictions",
        sa.Column("id", IdType, nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("model", sa.String(length=63), nullable=False),
        sa.Column("version", sa.String(length=63), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("label_folded", sa.String(length=200), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("output", BLOB, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_predictions_image_id_images", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_predictions"),
        sa.UniqueConstraint("image_id", "model", "version", name="uq_predictions_image_id_model_version"),
        **TEXTS,
    )
    op.create_index(
        "ix_predictions_model", "predictions", ["project_id", "model", "version", "label_folded"], unique=False
    )

    op.create_table(
        "upload_files",
        sa.Column("upload_batch_id", IdType, nullable=False),
        sa.Column("path_folded", sa.String(length=500), nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("base_folded", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_upload_files_image_id_images", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["upload_batch_id"],
            ["upload_batches.id"],
            name="fk_upload_files_upload_batch_id_upload_batches",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_batch_id", "path_folded", "image_id", name="pk_upload_files"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_upload_files_base", "upload_files", ["upload_batch_id", "base_folded"], unique=False)

    op.create_table(
        "upload_notices",
        sa.Column("id", IdType, nullable=False),
        sa.Column("upload_batch_id", IdType, nullable=False),
        sa.Column("file_name", sa.String(length=1000), nullable=False),
        sa.Column("row_number", sa.BigInteger(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("status", BLOB, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_batch_id"],
            ["upload_batches.id"],
            name="fk_upload_notices_upload_batch_id_upload_batches",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_upload_notices"),
        **TEXTS,
    )
    op.create_index("ix_upload_notices_batch", "upload_notices", ["upload_batch_id", "id"], unique=False)

    op.create_table(
        "prediction_boxes",
        sa.Column("prediction_id", IdType, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("label_folded", sa.String(length=200), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("x", sa.Float(), nullable=False),
        sa.Column("y", sa.Float(), nullable=False),
        sa.Column("width", sa.Float(), nullable=False),
        sa.Column("height", sa.Float(), nullable=False),
        sa.Column("area", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_prediction_boxes_image_id_images", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["prediction_id"],
            ["predictions.id"],
            name="fk_prediction_boxes_prediction_id_predictions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("prediction_id", "number", name="pk_prediction_boxes"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_prediction_boxes_image", "prediction_boxes", ["image_id"], unique=False)
    op.create_index(
        "ix_prediction_boxes_label", "prediction_boxes", ["project_id", "label_folded", "confidence"], unique=False
    )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
