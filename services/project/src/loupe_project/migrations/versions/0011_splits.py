"""Splits with their images, and exports of them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from loupe_kit.sql import IdType, UtcDateTime

revision = "0011"
down_revision = "0010"
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
        "splits",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("selector", BLOB, nullable=True),
        sa.Column("selection_id", IdType, nullable=True),
        sa.Column("train_fraction", sa.Double(), nullable=False),
        sa.Column("val_fraction", sa.Double(), nullable=False),
        sa.Column("test_fraction", sa.Double(), nullable=False),
        sa.Column("stratify_by", sa.String(length=110), nullable=False),
        sa.Column("group_by", sa.String(length=110), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failure", BLOB, nullable=True),
        sa.Column("group_count", sa.Integer(), nullable=False),
        sa.Column("duplicate_run_id", IdType, nullable=True),
        sa.Column("unsearched_count", sa.Integer(), nullable=False),
        sa.Column("sha256", SHA256, nullable=True),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("operation_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_splits_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_splits"),
        **TEXTS,
    )
    op.create_index("ix_splits_project", "splits", ["project_id", "id"], unique=False)

    op.create_table(
        "split_images",
        sa.Column("split_id", IdType, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("stratum", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_split_images_image_id_images", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["split_id"], ["splits.id"], name="fk_split_images_split_id_splits", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("split_id", "number", name="pk_split_images"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_split_images_image", "split_images", ["image_id"], unique=False)

    op.add_column("exports", sa.Column("split_id", IdType, nullable=True))


def downgrade() -> None:
    op.drop_column("exports", "split_id")
    for name in ("split_images", "splits"):
        op.drop_table(name)
