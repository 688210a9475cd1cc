"""Who reviewed which image, who has which before him, and what was skipped."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0007"
down_revision = "0006"
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
        "image_reviews",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("review_time", UtcDateTime(), nullable=False),
        _of_image("image_reviews"),
        sa.PrimaryKeyConstraint("image_id", name="pk_image_reviews"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_image_reviews_reviewer", "image_reviews", ["project_id", "reviewer"], unique=False)
    op.create_table(
        "review_leases",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        _of_image("review_leases"),
        sa.PrimaryKeyConstraint("image_id", name="pk_review_leases"),
        **TEXTS,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_review_leases_expire_time", "review_leases", ["project_id", "expire_time"], unique=False)
    op.create_table(
        "review_skips",
        sa.Column("image_id", IdType, nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("skip_time", UtcDateTime(), nullable=False),
        _of_image("review_skips"),
        sa.PrimaryKeyConstraint("image_id", "reviewer", name="pk_review_skips"),
        **TEXTS,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("review_skips", "review_leases", "image_reviews"):
        op.drop_table(table)


def _of_image(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=f"fk_{table}_image_id_images", ondelete="CASCADE")
