"""People whom alerts about drift are mailed to, and how far each alert has come by mail."""

import sqlalchemy as sa
from alembic import op

from loupe_kit.sql import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OF_MAIL = ("state", "attempt_count", "answer", "next_time", "end_time", "left")


def upgrade() -> None:
    # Defaults are for releases that do not know the columns.
    op.add_column("drift_watches", sa.Column("mail_users", sa.String(length=1000), nullable=False, server_default=""))
    for column in (
        sa.Column("mail_state", sa.String(length=16), nullable=False, server_default="KEPT"),
        sa.Column("mail_attempt_count", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("mail_answer", sa.String(length=500), nullable=False, server_default=""),
        sa.Column("mail_next_time", UtcDateTime(), nullable=True),
        sa.Column("mail_end_time", UtcDateTime(), nullable=True),
        sa.Column("mail_left", sa.String(length=1000), nullable=False, server_default=""),
    ):
        op.add_column("drift_alerts", column)
    op.create_index("ix_drift_alerts_mail_next", "drift_alerts", ["mail_next_time"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_drift_alerts_mail_next", table_name="drift_alerts")
    for name in OF_MAIL:
        op.drop_column("drift_alerts", f"mail_{name}")
    op.drop_column("drift_watches", "mail_users")
