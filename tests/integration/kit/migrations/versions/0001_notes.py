"""Notes and the ledger."""

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import IdType, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("id", IdType, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("name", name="uq_note_name"),
    )
    op.create_table(
        "request_ledger",
        sa.Column("caller_id", sa.String(64), primary_key=True),
        sa.Column("method", sa.String(160), primary_key=True),
        sa.Column("request_id", IdType, primary_key=True),
        sa.Column("request_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("response", sa.LargeBinary((1 << 24) - 1), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_request_ledger_create_time", "request_ledger", ["create_time"])


def downgrade() -> None:
    op.drop_table("request_ledger")
    op.drop_table("note")
