"""How many images of a map were laid out as landmarks of the others."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default is for releases that do not know the column.
    op.add_column("analyses", sa.Column("landmark_count", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("analyses", "landmark_count")
