"""How images look, and projects that are watched for drift with their history and alerts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXTS: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_nopad_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}
LOOKS = ("brightness", "contrast", "sharpness")


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id"], ["projects.id"], name=f"fk_{table}_project_id_projects", ondelete="CASCADE"
    )


def upgrade() -> None:
    for name in LOOKS:
        op.add_column("images", sa.Column(name, sa.Double(), nullable=True))

    op.create_table(
        "drift_watches",
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("group_by", sa.String(length=110), nullable=False),
        sa.Column("every_images", sa.Integer(), nullable=False),
        sa.Column("webhook_url", sa.String(length=1000), nullable=False),
        sa.Column("webhook_secret", sa.String(length=200), nullable=False),
        sa.Column("creator", sa.String(length=64), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.Column("start_time", UtcDateTime(), nullable=False),
        sa.Column("cursor_id", sa.String(length=36), nullable=False),
        sa.Column("look_time", UtcDateTime(), nullable=True),
        sa.Column("next_look_time", UtcDateTime(), nullable=False),
        sa.Column("look_wanted", sa.Boolean(), nullable=False),
        sa.Column("lease_time", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        _of_project("drift_watches"),
        sa.PrimaryKeyConstraint("project_id", name="pk_drift_watches"),
        **TEXTS,
    )
    op.create_index("ix_drift_watches_next", "drift_watches", ["next_look_time"], unique=False)

    op.create_table(
        "drift_points",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("look_time", UtcDateTime(), nullable=False),
        sa.Column("first_time", UtcDateTime(), nullable=False),
        sa.Column("last_time", UtcDateTime(), nullable=False),
        sa.Column("arrived_count", sa.BigInteger(), nullable=False),
        sa.Column("image_count", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("unlike_share", sa.Double(), nullable=False),
        sa.Column("is_unlike", sa.Boolean(), nullable=False),
        sa.Column("unsure_share", sa.Double(), nullable=False),
        sa.Column("wrong_share", sa.Double(), nullable=False),
        sa.Column("labelled_count", sa.Integer(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("traits", sa.Text(), nullable=False),
        _of_project("drift_points"),
        sa.PrimaryKeyConstraint("id", name="pk_drift_points"),
        **TEXTS,
    )
    op.create_index("ix_drift_points_newest", "drift_points", ["project_id", "day", "id"], unique=False)
    op.create_index("ix_drift_points_value", "drift_points", ["project_id", "value", "day", "id"], unique=False)

    op.create_table(
        "drift_alerts",
        sa.Column("id", IdType, nullable=False),
        sa.Column("project_id", IdType, nullable=False),
        sa.Column("value", sa.String(length=300), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("sentence_ko", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt_count", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("next_time", UtcDateTime(), nullable=True),
        sa.Column("end_time", UtcDateTime(), nullable=True),
        _of_project("drift_alerts"),
        sa.PrimaryKeyConstraint("id", name="pk_drift_alerts"),
        **TEXTS,
    )
    op.create_index("ix_drift_alerts_newest", "drift_alerts", ["project_id", "id"], unique=False)
    op.create_index("ix_drift_alerts_next", "drift_alerts", ["next_time"], unique=False)


def downgrade() -> None:
    for name in ("drift_alerts", "drift_points", "drift_watches"):
        op.drop_table(name)
    for name in LOOKS:
        op.drop_column("images", name)
