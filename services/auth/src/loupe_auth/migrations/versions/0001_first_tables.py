"""First tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

from loupe_kit.sql import IdType, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "audit_events",
    "departments",
    "request_ledger",
    "signing_keys",
    "verifications",
    "users",
    "api_keys",
    "passwords",
    "sessions",
    "refresh_tokens",
)
LONG_TEXT = sa.Text().with_variant(
    mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb"
)
DIGEST = sa.String(64).with_variant(mysql.CHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")


def exact(length: int) -> TypeEngine[str]:
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb"
    )


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("action", exact(60), nullable=False),
        sa.Column("outcome", exact(20), nullable=False),
        sa.Column("actor", exact(100), nullable=False),
        sa.Column("actor_display_name", exact(100), nullable=False),
        sa.Column("target", exact(150), nullable=False),
        sa.Column("client_address", exact(100), nullable=False),
        sa.Column("user_agent", exact(200), nullable=False),
        sa.Column("call_id", exact(64), nullable=False),
        sa.Column("reason", exact(60), nullable=False),
        sa.Column("details", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_actor_create_time", "audit_events", ["actor", "create_time"])
    op.create_index("ix_audit_events_create_time_id", "audit_events", ["create_time", "id"])
    op.create_index("ix_audit_events_target_create_time", "audit_events", ["target", "create_time"])

    op.create_table(
        "departments",
        sa.Column("id", IdType, nullable=False),
        sa.Column("display_name", exact(100), nullable=False),
        sa.Column("name_key", exact(300), nullable=False),
        sa.Column("description", LONG_TEXT, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("name_key", name=op.f("uq_departments_name_key")),
    )
    op.create_table(
        "request_ledger",
        sa.Column("caller_id", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=160), nullable=False),
        sa.Column("request_id", IdType, nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("response", sa.LargeBinary(length=16777215), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("caller_id", "method", "request_id", name=op.f("pk_request_ledger")),
    )
    op.create_index("ix_request_ledger_create_time", "request_ledger", ["create_time"])

    op.create_table(
        "signing_keys",
        sa.Column("id", exact(64), nullable=False),
        sa.Column("private_key", exact(64), nullable=False),
        sa.Column("public_key", exact(64), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_keys")),
    )
    op.create_index("ix_signing_keys_create_time", "signing_keys", ["create_time"])

    op.create_table(
        "verifications",
        sa.Column("id", IdType, nullable=False),
        sa.Column("purpose", exact(30), nullable=False),
        sa.Column("email", exact(254), nullable=False),
        sa.Column("code_hash", exact(255), nullable=False),
        sa.Column("guesses_left", sa.Integer(), nullable=False),
        sa.Column("mails_left", sa.Integer(), nullable=False),
        sa.Column("code_expire_time", UtcDateTime(), nullable=False),
        sa.Column("resend_time", UtcDateTime(), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("consume_time", UtcDateTime(), nullable=True),
        sa.Column("display_name", exact(100), nullable=False),
        sa.Column("department_id", IdType, nullable=True),
        sa.Column("department_display_name", exact(100), nullable=False),
        sa.Column("duty", exact(100), nullable=False),
        sa.Column("location", exact(100), nullable=False),
        sa.Column("password_hash", exact(255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verifications")),
    )
    op.create_index("ix_verifications_email", "verifications", ["email"])
    op.create_index("ix_verifications_expire_time", "verifications", ["expire_time"])

    op.create_table(
        "users",
        sa.Column("id", IdType, nullable=False),
        sa.Column("email", exact(254), nullable=False),
        sa.Column("display_name", exact(100), nullable=False),
        sa.Column("name_key", exact(300), nullable=False),
        sa.Column("department_id", IdType, nullable=True),
        sa.Column("duty", exact(100), nullable=False),
        sa.Column("location", exact(100), nullable=False),
        sa.Column("role", exact(20), nullable=False),
        sa.Column("state", exact(20), nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_users_department_id_departments")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index("ix_users_department_id", "users", ["department_id"])
    op.create_index("ix_users_name_key_id", "users", ["name_key", "id"])

    op.create_table(
        "api_keys",
        sa.Column("id", IdType, nullable=False),
        sa.Column("owner_id", IdType, nullable=False),
        sa.Column("display_name", exact(100), nullable=False),
        sa.Column("secret_hash", DIGEST, nullable=False),
        sa.Column("scopes", exact(255), nullable=False),
        sa.Column("project_ids", LONG_TEXT, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        sa.Column("last_use_time", UtcDateTime(), nullable=True),
        sa.Column("revoke_time", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_api_keys_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
    )
    op.create_index("ix_api_keys_owner_id_create_time", "api_keys", ["owner_id", "create_time"])

    op.create_table(
        "passwords",
        sa.Column("user_id", IdType, nullable=False),
        sa.Column("password_hash", exact(255), nullable=False),
        sa.Column("update_time", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_passwords_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_passwords")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", IdType, nullable=False),
        sa.Column("user_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("last_use_time", UtcDateTime(), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        sa.Column("end_time", UtcDateTime(), nullable=True),
        sa.Column("end_reason", exact(30), nullable=True),
        sa.Column("client_address", exact(100), nullable=False),
        sa.Column("user_agent", exact(200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_expire_time", "sessions", ["expire_time"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])

    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", DIGEST, nullable=False),
        sa.Column("session_id", IdType, nullable=False),
        sa.Column("create_time", UtcDateTime(), nullable=False),
        sa.Column("expire_time", UtcDateTime(), nullable=False),
        sa.Column("exchange_time", UtcDateTime(), nullable=True),
        sa.Column("successor_nonce", DIGEST, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_refresh_tokens_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
