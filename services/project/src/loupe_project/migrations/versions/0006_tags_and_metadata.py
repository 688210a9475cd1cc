"""History of images: who changed what."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXTS: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("is_operation", sa.Boolean(), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_changes_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_changes"),
        **TEXTS,
    )
    op.create_index("ix_changes_time", "changes", ["create_time"], unique=False)

    op.create_table(
        "image_history",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("change_id", IdType, nullable=False),
        sa.Column("fact", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=True),
        sa.Column("new_value", sa.Text(), nullable=True),
        sa.Column("old_creator", sa.String(length=64), nullable=True),
        sa.Column("old_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name="fk_image_history_change_id_changes", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_image_history_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "create_time", "change_id", "fact", "subject", name="pk_image_history"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_history_change", "image_history", ["change_id", "image_id"], unique=False)


def downgrade() -> None:
    op.drop_table("image_history")
    op.drop_table("changes")
