"""Saved searches."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0005"
down_revision = "0004"
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
        "saved_searches",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("name_folded", sa.String(length=200), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.String(length=16), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_saved_searches_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
        **TEXTS,
    )
    op.create_index("ix_saved_searches_name", "saved_searches", ["project_id", "name_folded", "id"], unique=False)

    op.create_table(
        "saved_search_looks",
        sa.Column("saved_search_id", IdType, nullable=False),
        sa.Column("principal", sa.String(length=64), nullable=False),
        sa.Column("look_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_search_id"],
            ["saved_searches.id"],
            name="fk_saved_search_looks_saved_search_id_saved_searches",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("saved_search_id", "principal", name="pk_saved_search_looks"),
        **TEXTS,
        sqlite_with_rowid=False,
    )

    op.create_table(
        "saved_search_counts",
        sa.Column("saved_search_id", IdType, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("image_count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_search_id"],
            ["saved_searches.id"],
            name="fk_saved_search_counts_saved_search_id_saved_searches",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("saved_search_id", "day", name="pk_saved_search_counts"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_saved_search_counts_day", "saved_search_counts", ["day"], unique=False)


def downgrade() -> None:
    for name in ("saved_search_counts", "saved_search_looks", "saved_searches"):
        op.drop_table(name)
