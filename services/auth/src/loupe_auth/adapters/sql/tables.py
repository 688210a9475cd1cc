"""The tables of auth. Types are those that SQLite and MariaDB both keep; migrations are in `loupe_auth/migrations`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from loupe_kit.sql import IdType, RequestLedger, SqlBase


def exact(length: int) -> TypeEngine[str]:
    """Returns a text column compared character by character: by default MariaDB takes é for e."""
    return String(length).with_variant(
        mysql.VARCHAR(length, charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb"
    )


def digest() -> TypeEngine[str]:
    """Returns a column for 64 hex digits."""
    return String(64).with_variant(mysql.CHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")


LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4", collation="utf8mb4_nopad_bin"), "mysql", "mariadb")
"""Column type of texts that are neither searched nor sorted."""


class Base(SqlBase, DeclarativeBase):
    """Tables of auth."""


class Ledger(RequestLedger, Base):
    """Answers kept for repeats of their request."""


class DepartmentRow(Base):
    """A department."""

    __tablename__ = "departments"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    display_name: Mapped[str] = mapped_column(exact(100))
    name_key: Mapped[str] = mapped_column(exact(300), unique=True)
    """Case-folded name; folding may lengthen it threefold."""
    description: Mapped[str] = mapped_column(LONG_TEXT)
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]
    version: Mapped[int]


class UserRow(Base):
    """A person."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_name_key_id", "name_key", "id"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    email: Mapped[str] = mapped_column(exact(254), unique=True)
    display_name: Mapped[str] = mapped_column(exact(100))
    name_key: Mapped[str] = mapped_column(exact(300))
    department_id: Mapped[str | None] = mapped_column(IdType, ForeignKey("departments.id"), index=True)
    duty: Mapped[str] = mapped_column(exact(100))
    location: Mapped[str] = mapped_column(exact(100))
    role: Mapped[str] = mapped_column(exact(20))
    state: Mapped[str] = mapped_column(exact(20))
    create_time: Mapped[datetime]
    update_time: Mapped[datetime]
    version: Mapped[int]
    claims_time: Mapped[datetime | None] = mapped_column(index=True)
    """When department or role last changed; access tokens made before it say something else. None: never."""


class PasswordRow(Base):
    """The password of a person who has one; people of an identity provider have none."""

    __tablename__ = "passwords"

    user_id: Mapped[str] = mapped_column(IdType, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[str] = mapped_column(exact(255))
    update_time: Mapped[datetime]


class MembershipRequestRow(Base):
    """A person's wish to belong to a department; one at a time."""

    __tablename__ = "membership_requests"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    department_id: Mapped[str] = mapped_column(IdType, ForeignKey("departments.id", ondelete="CASCADE"), index=True)
    create_time: Mapped[datetime]


class KnownDeviceRow(Base):
    """A browser in which the person has signed in before."""

    __tablename__ = "known_devices"

    token_hash: Mapped[str] = mapped_column(digest(), primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    create_time: Mapped[datetime]
    last_use_time: Mapped[datetime] = mapped_column(index=True)


class IdentityRow(Base):
    """An account of an identity provider, and whose it is here."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(exact(255), primary_key=True)
    subject: Mapped[str] = mapped_column(exact(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    create_time: Mapped[datetime]


class OidcFlowRow(Base):
    """A sign-in under way at the identity provider."""

    __tablename__ = "oidc_flows"

    flow_hash: Mapped[str] = mapped_column(digest(), primary_key=True)
    expire_time: Mapped[datetime] = mapped_column(index=True)
    consume_time: Mapped[datetime | None]


class VerificationRow(Base):
    """A running proof of a mailbox, with the account that it will become."""

    __tablename__ = "verifications"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    purpose: Mapped[str] = mapped_column(exact(30))
    email: Mapped[str] = mapped_column(exact(254), index=True)
    code_hash: Mapped[str] = mapped_column(exact(255))
    guesses_left: Mapped[int]
    mails_left: Mapped[int]
    code_expire_time: Mapped[datetime]
    resend_time: Mapped[datetime]
    expire_time: Mapped[datetime] = mapped_column(index=True)
    create_time: Mapped[datetime]
    consume_time: Mapped[datetime | None]
    display_name: Mapped[str] = mapped_column(exact(100))
    department_id: Mapped[str | None] = mapped_column(IdType)
    """No foreign key: the department may vanish before the code comes back."""
    department_display_name: Mapped[str] = mapped_column(exact(100))
    duty: Mapped[str] = mapped_column(exact(100))
    location: Mapped[str] = mapped_column(exact(100))
    password_hash: Mapped[str] = mapped_column(exact(255))


class SessionRow(Base):
    """A session."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    user_id: Mapped[str] = mapped_column(IdType, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    create_time: Mapped[datetime]
    last_use_time: Mapped[datetime]
    expire_time: Mapped[datetime] = mapped_column(index=True)
    end_time: Mapped[datetime | None] = mapped_column(index=True)
    end_reason: Mapped[str | None] = mapped_column(exact(30))
    client_address: Mapped[str] = mapped_column(exact(100))
    user_agent: Mapped[str] = mapped_column(exact(200))


class RefreshTokenRow(Base):
    """A refresh token; the newest one of a session has no exchange time."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(digest(), primary_key=True)
    session_id: Mapped[str] = mapped_column(IdType, ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    create_time: Mapped[datetime]
    expire_time: Mapped[datetime]
    exchange_time: Mapped[datetime | None]
    successor_nonce: Mapped[str | None] = mapped_column(digest())


class ApiKeyRow(Base):
    """An API key."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_owner_id_create_time", "owner_id", "create_time"),)

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    owner_id: Mapped[str] = mapped_column(IdType, ForeignKey("users.id", ondelete="CASCADE"))
    display_name: Mapped[str] = mapped_column(exact(100))
    secret_hash: Mapped[str] = mapped_column(digest())
    scopes: Mapped[str] = mapped_column(exact(255))
    """Separated by spaces."""
    project_ids: Mapped[str] = mapped_column(LONG_TEXT)
    """Separated by spaces; empty: not limited."""
    create_time: Mapped[datetime]
    expire_time: Mapped[datetime]
    last_use_time: Mapped[datetime | None]
    revoke_time: Mapped[datetime | None]
    previous_secret_hash: Mapped[str | None] = mapped_column(digest())
    previous_expire_time: Mapped[datetime | None]
    """Until when the secret before the last rotation works."""


class SigningKeyRow(Base):
    """A key pair that signs access tokens."""

    __tablename__ = "signing_keys"

    id: Mapped[str] = mapped_column(exact(64), primary_key=True)
    private_key: Mapped[str] = mapped_column(exact(255))
    """Encrypted where the settings give a key for it."""
    public_key: Mapped[str] = mapped_column(exact(64))
    create_time: Mapped[datetime] = mapped_column(index=True)


class AuditEventRow(Base):
    """An event of the audit. Without foreign keys: it outlives what it speaks of. Triggers refuse changes."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_create_time_id", "create_time", "id"),
        Index("ix_audit_events_actor_create_time", "actor", "create_time"),
        Index("ix_audit_events_target_create_time", "target", "create_time"),
        Index("ix_audit_events_action_create_time", "action", "create_time"),
    )

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    create_time: Mapped[datetime]
    action: Mapped[str] = mapped_column(exact(60))
    outcome: Mapped[str] = mapped_column(exact(20))
    actor: Mapped[str] = mapped_column(exact(100))
    actor_display_name: Mapped[str] = mapped_column(exact(100))
    target: Mapped[str] = mapped_column(exact(150))
    client_address: Mapped[str] = mapped_column(exact(100))
    user_agent: Mapped[str] = mapped_column(exact(200))
    call_id: Mapped[str] = mapped_column(exact(64))
    reason: Mapped[str] = mapped_column(exact(60))
    details: Mapped[str] = mapped_column(LONG_TEXT)
    """A JSON object of texts."""
    source: Mapped[str] = mapped_column(exact(60), server_default="services/auth")
    """Service that saw it."""
