"""Selections with their picks, and what curation runs find."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from loupe_kit.sql import IdType, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BLOB = sa.LargeBinary(length=(1 << 24) - 1)
SHA256 = sa.String(length=64).with_variant(mysql.CHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
TEXTS: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    op.create_table(
        "selections",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("selector", BLOB, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("strategy", sa.String(length=16), nullable=False),
        sa.Column("feature_source", sa.String(length=150), nullable=False),
        sa.Column("feature_version", sa.String(length=63), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("balance_by", sa.String(length=110), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failure", BLOB, nullable=True),
        sa.Column("candidate_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("labelled_count", sa.Integer(), nullable=False),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("candidates_sha256", SHA256, nullable=True),
        sa.Column("compute_seconds", sa.Double(), nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("operation_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_selections_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_selections"),
        **TEXTS,
    )
    op.create_index("ix_selections_project", "selections", ["project_id", "id"], unique=False)

    op.create_table(
        "selection_picks",
        sa.Column("selection_id", IdType, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("represented_count", sa.Integer(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_selection_picks_image_id_images", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selections.id"], name="fk_selection_picks_selection_id_selections", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("selection_id", "rank", name="pk_selection_picks"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_selection_picks_image", "selection_picks", ["image_id"], unique=False)

    op.create_table(
        "curation_runs",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("selector", BLOB, nullable=False),
        sa.Column("reference", BLOB, nullable=True),
        sa.Column("feature_source", sa.String(length=150), nullable=False),
        sa.Column("feature_version", sa.String(length=63), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failure", BLOB, nullable=True),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("group_count", sa.Integer(), nullable=False),
        sa.Column("duplicate_count", sa.Integer(), nullable=False),
        sa.Column("median_distance", sa.Double(), nullable=False),
        sa.Column("neighbors", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("compute_seconds", sa.Double(), nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("operation_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_curation_runs_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_curation_runs"),
        **TEXTS,
    )
    op.create_index("ix_curation_runs_project", "curation_runs", ["project_id", "id"], unique=False)

    op.create_table(
        "outlier_scores",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("run_id", IdType, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("mean_distance", sa.Double(), nullable=False),
        sa.Column("nearest_image_id", IdType, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_outlier_scores_image_id_images", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["curation_runs.id"], name="fk_outlier_scores_run_id_curation_runs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_outlier_scores"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outlier_scores_run", "outlier_scores", ["run_id", "score", "image_id"], unique=False)
    op.create_index("ix_outlier_scores_score", "outlier_scores", ["project_id", "score", "image_id"], unique=False)

    op.create_table(
        "duplicates",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("run_id", IdType, nullable=False),
        sa.Column("keeper_id", IdType, nullable=False),
        sa.Column("is_exact", sa.Boolean(), nullable=False),
        sa.Column("difference", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_duplicates_image_id_images", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["keeper_id"], ["images.id"], name="fk_duplicates_keeper_id_images", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["curation_runs.id"], name="fk_duplicates_run_id_curation_runs", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_duplicates"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_duplicates_keeper", "duplicates", ["keeper_id"], unique=False)
    op.create_index("ix_duplicates_project", "duplicates", ["project_id", "is_exact"], unique=False)
    op.create_index("ix_duplicates_run", "duplicates", ["run_id"], unique=False)


def downgrade() -> None:
    for name in ("duplicates", "outlier_scores", "curation_runs", "selection_picks", "selections"):
        op.drop_table(name)
