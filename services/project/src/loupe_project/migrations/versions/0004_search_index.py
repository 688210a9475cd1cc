"""The changes that search indexes read."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType

revision = "0004"
down_revision = "0003"
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
        "search_versions",
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_search_versions_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", name="pk_search_versions"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "image_changes",
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("image_ids", BLOB, nullable=False),
        sa.Column("tagged_ids", BLOB, nullable=False),
        sa.Column("tag_ids", BLOB, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["search_versions.project_id"],
            name="fk_image_changes_project_id_search_versions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "version", name="pk_image_changes"),
        **TEXTS,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for name in ("image_changes", "search_versions"):
        op.drop_table(name)
