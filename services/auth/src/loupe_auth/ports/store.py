"""What the service needs of its database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.audit import AuditEvent, AuditQuery
from loupe_auth.domain.devices import KnownDevice
from loupe_auth.domain.sessions import EndReason, RefreshToken, Session
from loupe_auth.domain.signing_keys import SigningKey
from loupe_auth.domain.users import Department, MembershipRequest, User, UserQuery
from loupe_auth.domain.verifications import Verification

NameKey = tuple[str, str]
"""Sort key of a list by name: (name_key, id)."""
TimeKey = tuple[datetime, str]
"""Sort key of a list by time: (time, id)."""


class UserRepository(Protocol):
    """People and their passwords."""

    async def add(self, user: User, password_hash: str | None) -> bool:
        """Adds a person, without password where the hash is None; returns False when the address is taken."""
        ...

    async def get(self, user_id: str) -> User | None:
        """Returns the person, or None."""
        ...

    async def get_by_email(self, email: str) -> User | None:
        """Returns the person with this address (lower case), or None."""
        ...

    async def update(self, user: User) -> bool:
        """Writes all fields of a person read as version `user.version - 1`; returns False when somebody was faster."""
        ...

    async def list_claims_changed_since(self, since: datetime) -> Sequence[User]:
        """Returns people whose department or role changed at or after a time, in no order."""
        ...

    async def get_password_hash(self, user_id: str) -> str | None:
        """Returns the hash of the person's password; None: has none."""
        ...

    async def set_password_hash(self, user_id: str, password_hash: str, now: datetime) -> None:
        """Replaces the hash of the person's password."""
        ...

    async def list_by_name(self, query: UserQuery, *, after: NameKey | None, limit: int) -> Sequence[User]:
        """Returns people ordered by name key and id.

        Args:
            query: which people.
            after: sort key of the last one of the page before.
            limit: most people to return.
        """
        ...

    async def count_by_department(self, department_id: str) -> int:
        """Returns how many people belong to a department."""
        ...

    async def has_other_administrator(self, user_id: str) -> bool:
        """Whether somebody else is an active administrator; that stays so until the transaction ends."""
        ...


class DepartmentRepository(Protocol):
    """Departments."""

    async def add(self, department: Department) -> bool:
        """Adds one; returns False, and adds nothing, when the name is taken."""
        ...

    async def get(self, department_id: str) -> Department | None:
        """Returns the department, or None."""
        ...

    async def get_by_name(self, display_name: str) -> Department | None:
        """Returns the department with this name, whatever its case, or None."""
        ...

    async def update(self, department: Department) -> bool:
        """Writes one read as version `department.version - 1`; returns False when somebody was faster."""
        ...

    async def delete(self, department_id: str) -> bool:
        """Removes one; returns False, and removes nothing, when somebody has joined it meanwhile."""
        ...

    async def list_by_name(self, *, after: NameKey | None, limit: int) -> Sequence[Department]:
        """Returns departments ordered by name key and id, those behind `after`."""
        ...


class MembershipRepository(Protocol):
    """Requests to join departments, one a person."""

    async def request(self, request_id: str, user_id: str, department_id: str, now: datetime) -> None:
        """Adds a request in place of the person's one before."""
        ...

    async def withdraw(self, user_id: str) -> bool:
        """Removes the person's request; returns False when there is none."""
        ...

    async def get(self, request_id: str) -> MembershipRequest | None:
        """Returns the request, or None."""
        ...

    async def list_oldest_first(
        self, department_id: str | None, *, after: TimeKey | None, limit: int
    ) -> Sequence[MembershipRequest]:
        """Returns the requests for a department, or all where it is None."""
        ...


class VerificationRepository(Protocol):
    """Running proofs of mailboxes."""

    async def add(self, verification: Verification) -> None:
        """Adds one."""
        ...

    async def get(self, verification_id: str) -> Verification | None:
        """Returns it, or None."""
        ...

    async def take_guess(self, verification_id: str, now: datetime) -> Verification | None:
        """Spends one guess; returns the verification after it, or None when it is not usable."""
        ...

    async def consume(self, verification_id: str, code_hash: str, now: datetime) -> bool:
        """Marks it as used; returns False when it was used meanwhile or has another code now."""
        ...

    async def renew_code(self, before: Verification, after: Verification) -> bool:
        """Writes code, times and mails left of `after`; returns False when `before` is no longer what is stored."""
        ...


class SessionRepository(Protocol):
    """Sessions and refresh tokens."""

    async def add(self, session: Session, token: RefreshToken) -> None:
        """Adds a session with its first token."""
        ...

    async def get(self, session_id: str) -> Session | None:
        """Returns the session, or None."""
        ...

    async def get_token_for_exchange(self, token_hash: str) -> RefreshToken | None:
        """Returns the token, or None; nobody else can exchange it until the transaction ends."""
        ...

    async def get_token(self, token_hash: str) -> RefreshToken | None:
        """Returns the token, or None."""
        ...

    async def exchange(self, old: RefreshToken, new: RefreshToken) -> None:
        """Writes exchange time and nonce of `old`, adds `new`, and moves the session's last use."""
        ...

    async def end(self, session_id: str, reason: EndReason, now: datetime) -> bool:
        """Ends a session; returns False when it had ended."""
        ...

    async def list_live(self, user_id: str, now: datetime, *, after: TimeKey | None, limit: int) -> Sequence[Session]:
        """Returns a person's live sessions, the last used one first."""
        ...

    async def list_ended_since(self, since: datetime) -> Sequence[str]:
        """Returns the ids of sessions that were ended at or after a time, in no order."""
        ...

    async def end_others(self, user_id: str, keep_session_id: str | None, reason: EndReason, now: datetime) -> int:
        """Ends every live session of a person but one; returns how many."""
        ...


class DeviceRepository(Protocol):
    """Browsers in which people have signed in before."""

    async def add(self, device: KnownDevice, *, keep: int) -> None:
        """Adds one and removes the person's least used ones beyond `keep`."""
        ...

    async def get(self, token_hash: str) -> KnownDevice | None:
        """Returns it, or None."""
        ...

    async def touch(self, token_hash: str, now: datetime) -> None:
        """Sets the time of last use."""
        ...

    async def forget_all(self, user_id: str) -> None:
        """Removes every device of a person."""
        ...


class IdentityRepository(Protocol):
    """Accounts of the identity provider, and sign-ins under way there."""

    async def get_user_id(self, issuer: str, subject: str) -> str | None:
        """Returns whose the account is here, or None."""
        ...

    async def link(self, issuer: str, subject: str, user_id: str, now: datetime) -> bool:
        """Says whose the account is; returns False when that was said before."""
        ...

    async def add_flow(self, flow_hash: str, expire_time: datetime) -> None:
        """Adds a sign-in under way."""
        ...

    async def consume_flow(self, flow_hash: str, now: datetime) -> bool:
        """Marks it as used; returns False when it is unknown, used or over."""
        ...


class ApiKeyRepository(Protocol):
    """API keys."""

    async def add(self, key: ApiKey) -> None:
        """Adds a key."""
        ...

    async def get(self, key_id: str) -> ApiKey | None:
        """Returns the key, or None."""
        ...

    async def count_live(self, owner_id: str, now: datetime) -> int:
        """Returns how many working keys a person has."""
        ...

    async def list_by_owner(self, owner_id: str, *, after: TimeKey | None, limit: int) -> Sequence[ApiKey]:
        """Returns a person's keys, newest first."""
        ...

    async def rotate(self, before: ApiKey, after: ApiKey) -> bool:
        """Writes secrets and expiries of `after`; returns False when `before` has another secret by now."""
        ...

    async def revoke(self, key_id: str, now: datetime) -> None:
        """Sets the revoke time where it is unset."""
        ...

    async def touch(self, key_id: str, now: datetime) -> None:
        """Sets the time of last use."""
        ...


class SigningKeyRepository(Protocol):
    """Signing keys."""

    async def add(self, key: SigningKey) -> None:
        """Adds a key."""
        ...

    async def list_created_since(self, since: datetime) -> Sequence[SigningKey]:
        """Returns the keys made at or after a time, newest first."""
        ...

    async def replace_private_key(self, key_id: str, private_key: str) -> None:
        """Writes another form of a private key."""
        ...

    async def delete_all(self) -> None:
        """Removes every key."""
        ...


class AuditRepository(Protocol):
    """The audit; nothing is ever changed in it."""

    async def add(self, event: AuditEvent) -> None:
        """Adds an event."""
        ...

    async def add_new(self, events: Sequence[AuditEvent]) -> int:
        """Adds those whose id is unknown; returns how many these were."""
        ...

    async def list_newest_first(self, query: AuditQuery, *, after: TimeKey | None, limit: int) -> Sequence[AuditEvent]:
        """Returns matching events, newest first."""
        ...


class Transaction(Protocol):
    """All repositories over one transaction; what is not committed is undone."""

    @property
    def users(self) -> UserRepository:
        """People and their passwords."""
        ...

    @property
    def departments(self) -> DepartmentRepository:
        """Departments."""
        ...

    @property
    def memberships(self) -> MembershipRepository:
        """Requests to join departments."""
        ...

    @property
    def verifications(self) -> VerificationRepository:
        """Running proofs of mailboxes."""
        ...

    @property
    def sessions(self) -> SessionRepository:
        """Sessions and refresh tokens."""
        ...

    @property
    def devices(self) -> DeviceRepository:
        """Browsers in which people have signed in before."""
        ...

    @property
    def identities(self) -> IdentityRepository:
        """Accounts of the identity provider."""
        ...

    @property
    def api_keys(self) -> ApiKeyRepository:
        """API keys."""
        ...

    @property
    def signing_keys(self) -> SigningKeyRepository:
        """Signing keys."""
        ...

    @property
    def audit(self) -> AuditRepository:
        """The audit."""
        ...

    async def commit(self) -> None:
        """Makes everything done so far lasting."""
        ...

    async def purge(self, now: datetime) -> None:
        """Removes verifications, sessions and kept answers that ran out long ago."""
        ...


class Store(Protocol):
    """Opens transactions."""

    def __call__(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Transaction]:
        """Returns a transaction, to be entered once; keep slow work out of it, because writers may wait."""
        ...
