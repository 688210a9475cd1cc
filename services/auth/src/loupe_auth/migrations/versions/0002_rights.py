"""Known devices, requests to join departments, company sign-in, rotated API keys; the audit refuses changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from loupe_kit.sql import IdType, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("membership_requests", "known_devices", "identities", "oidc_flows")
DIGEST = sa.String(64).with_variant(mysql.CHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")


def exact(length: int) -> TypeEngine[str]:
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb"
    )


def upgrade() -> None:
    op.add_column("audit_events", sa.Column("source", exact(60), nullable=False, server_default="services/auth"))
    op.create_index("ix_audit_events_action_create_time", "audit_events", ["action", "create_time"])
    op.add_column("users", sa.Column("claims_time", UtcDateTime(), nullable=True))
    op.create_index("ix_users_claims_time", "users", ["claims_time"])
    op.create_index("ix_sessions_end_time", "sessions", ["end_time"])
    op.add_column("api_keys", sa.Column("previous_secret_hash", DIGEST, nullable=True))
    op.add_column("api_keys", sa.Column("previous_expire_time", UtcDateTime(), nullable=True))
    op.execute("UPDATE api_keys SET scopes = REPLACE(scopes, 'analyze', 'analyse')")
    with op.batch_alter_table("signing_keys") as signing_keys:
        # An encrypted key is longer.
        signing_keys.alter_column("private_key", existing_type=exact(64), type_=exact(255), existing_nullable=False)
    _create_tables()
    _close_audit()


def _create_tables() -> None:
    op.create_table(
        "membership_requests",
        sa.Column("id", IdType, nullable=False),
        sa.Column("user_id", IdType, nullable=False),
        sa.Column("department_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_membership_requests_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["departments.id"],
            name=op.f("fk_membership_requests_department_id_departments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_requests")),
        sa.UniqueConstraint("user_id", name=op.f("uq_membership_requests_user_id")),
    )
    op.create_index("ix_membership_requests_department_id", "membership_requests", ["department_id"])
    op.create_table(
        "known_devices",
        sa.Column("token_hash", DIGEST, nullable=False),
        sa.Column("user_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("last_use_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_known_devices_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_known_devices")),
    )
    op.create_index("ix_known_devices_user_id", "known_devices", ["user_id"])
    op.create_index("ix_known_devices_last_use_time", "known_devices", ["last_use_time"])
    op.create_table(
        "identities",
        sa.Column("issuer", exact(255), nullable=False),
        sa.Column("subject", exact(255), nullable=False),
        sa.Column("user_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_identities_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index("ix_identities_user_id", "identities", ["user_id"])
    op.create_table(
        "oidc_flows",
        sa.Column("flow_hash", DIGEST, nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        sa.Column("consume_time", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("flow_hash", name=op.f("pk_oidc_flows")),
    )
    op.create_index("ix_oidc_flows_expire_time", "oidc_flows", ["expire_time"])


def _close_audit() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    refusal = "the audit is append-only"
    for event in ("UPDATE", "DELETE"):
        name = f"audit_events_no_{event.lower()}"
        if on_sqlite:
            body = f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
        else:
            body = f"FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{refusal}'"
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON audit_events {body}")


def downgrade() -> None:
    for event in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_events_no_{event}")
    for table in reversed(TABLES):
        op.drop_table(table)
    with op.batch_alter_table("signing_keys") as signing_keys:
        signing_keys.alter_column("private_key", existing_type=exact(255), type_=exact(64), existing_nullable=False)
    op.drop_column("api_keys", "previous_expire_time")
    op.drop_column("api_keys", "previous_secret_hash")
    op.drop_index("ix_sessions_end_time", "sessions")
    op.drop_index("ix_users_claims_time", "users")
    op.drop_column("users", "claims_time")
    op.drop_index("ix_audit_events_action_create_time", "audit_events")
    op.drop_column("audit_events", "source")
