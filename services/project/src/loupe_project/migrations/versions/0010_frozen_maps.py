"""Images that are placed on maps whose points stay where they are."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType

revision = "0010"
down_revision = "0009"
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
    op.add_column("analyses", sa.Column("reducer_key", sa.String(length=200), nullable=True))
    op.add_column("analyses", sa.Column("placed_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("analyses", sa.Column("keeper", BLOB, nullable=True))

    op.create_table(
        "placed_points",
        sa.Column("analysis_id", IdType, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("point_count", sa.Integer(), nullable=False),
        sa.Column("image_ids", BLOB, nullable=False),
        sa.Column("coordinates", BLOB, nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name="fk_placed_points_analysis_id_analyses", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "block", name="pk_placed_points"),
        **TEXTS,
    )

    op.create_table(
        "placement_tasks",
        sa.Column("analysis_id", IdType, nullable=False),
        sa.Column("image_id", IdType, nullable=False),
        sa.ForeignKeyConstraint(
            ["analysis_id"], ["analyses.id"], name="fk_placement_tasks_analysis_id_analyses", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name="fk_placement_tasks_image_id_images", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("analysis_id", "image_id", name="pk_placement_tasks"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_placement_tasks_image", "placement_tasks", ["image_id"], unique=False)


def downgrade() -> None:
    for name in ("placement_tasks", "placed_points"):
        op.drop_table(name)
    for name in ("keeper", "placed_count", "reducer_key"):
        op.drop_column("analyses", name)
