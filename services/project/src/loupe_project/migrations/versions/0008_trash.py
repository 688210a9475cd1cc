"""Images in the trash, and objects that several images share."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0008"
down_revision = "0007"
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
        "trashed_images",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("deletion_id", IdType, nullable=False),
        sa.Column("deleter", sa.String(length=64), nullable=False),
        sa.Column("delete_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_trashed_images_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_trashed_images"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_trashed_images_project", "trashed_images", ["project_id", "delete_time", "image_id"])
    op.create_index("ix_trashed_images_deletion", "trashed_images", ["deletion_id"])
    op.create_index("ix_trashed_images_time", "trashed_images", ["delete_time"])

    op.create_table(
        "shared_objects",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("object_key", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_shared_objects_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_shared_objects"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shared_objects_key", "shared_objects", ["object_key"])
    op.create_index("ix_shared_objects_project", "shared_objects", ["project_id"])

    op.add_column("removals", sa.Column("object_key", sa.String(length=200), nullable=True))


def downgrade() -> None:
    op.drop_column("removals", "object_key")
    op.drop_table("shared_objects")
    op.drop_table("trashed_images")
