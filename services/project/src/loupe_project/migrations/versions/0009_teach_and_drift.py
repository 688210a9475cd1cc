"""Heads that are taught from labels, and the images that wait for their answers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BLOB = sa.LargeBinary(length=(1 << 24) - 1)
TEXTS: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    op.create_table(
        "heads",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("head_name", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("selector", BLOB, nullable=False),
        sa.Column("feature_source", sa.String(length=150), nullable=False),
        sa.Column("feature_version", sa.String(length=63), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failure", BLOB, nullable=True),
        sa.Column("in_use", sa.Boolean(), nullable=False),
        sa.Column("is_verdict", sa.Boolean(), nullable=False),
        sa.Column("lesson", BLOB, nullable=True),
        sa.Column("object_key", sa.String(length=200), nullable=True),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("operation_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_heads_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_heads"),
        sa.UniqueConstraint("project_id", "head_name", "version", name="uq_heads_project_id_head_name_version"),
        **TEXTS,
    )

    op.create_table(
        "head_tasks",
        sa.Column("head_id", IdType, nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.ForeignKeyConstraint(["head_id"], ["heads.id"], name="fk_head_tasks_head_id_heads", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name="fk_head_tasks_image_id_images", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("head_id", "image_id", name="pk_head_tasks"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_head_tasks_image", "head_tasks", ["image_id"], unique=False)


def downgrade() -> None:
    for name in ("head_tasks", "heads"):
        op.drop_table(name)
