"""Sets of images that queries name."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from loupe_kit.sql import IdType, UtcDateTime

revision = "0013"
down_revision = "0012"
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
        "image_sets",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_image_sets_project_id_projects", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_image_sets"),
        **TEXTS,
    )
    op.create_index("ix_image_sets_creator", "image_sets", ["project_id", "creator", "id"], unique=False)
    op.create_index("ix_image_sets_expire_time", "image_sets", ["expire_time"], unique=False)
    op.create_table(
        "image_set_parts",
        sa.Column("set_id", IdType, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column(
            "ids",
            sa.Text().with_variant(mysql.MEDIUMTEXT(charset="ascii", collation="ascii_bin"), "mysql", "mariadb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["set_id"], ["image_sets.id"], name="fk_image_set_parts_set_id_image_sets", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("set_id", "part", name="pk_image_set_parts"),
        **TEXTS,
    )


def downgrade() -> None:
    for name in ("image_set_parts", "image_sets"):
        op.drop_table(name)
