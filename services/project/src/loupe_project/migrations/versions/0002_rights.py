"""Rights of single images, and the outbox of the audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0002"
down_revision = "0001"
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
        "narrowed_images",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_narrowed_images_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name="pk_narrowed_images"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_narrowed_images_project", "narrowed_images", ["project_id", "image_id"], unique=False)

    op.create_table(
        "image_readers",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("principal_kind", sa.String(length=16), nullable=False),
        sa.Column("principal_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_image_readers_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "principal_kind", "principal_id", name="pk_image_readers"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_image_readers_principal",
        "image_readers",
        ["principal_kind", "principal_id", "project_id", "image_id"],
        unique=False,
    )

    op.create_table(
        "audit_outbox",
        sa.Column("id", IdType, nullable=False),
        sa.Column("event", BLOB, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_outbox"),
        **TEXTS,
    )


def downgrade() -> None:
    for name in ("audit_outbox", "image_readers", "narrowed_images"):
        op.drop_table(name)
