"""Makes the first administrator: on the operator's word, never with a default password."""

from __future__ import annotations

from dataclasses import replace

from loupe_auth.domain import fields, passwords
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.users import User
from loupe_auth.domain.verifications import PendingAccount
from loupe_auth.ports import PasswordHasher, Store
from loupe_auth.use_cases import recording
from loupe_auth.use_cases.verify_email import new_user
from loupe_kit.caller import Role


async def create_administrator(
    store: Store, hasher: PasswordHasher, call: Call, *, email: str, password: str, display_name: str
) -> User:
    """Returns the administrator with this address: a new account, or the existing one raised to the role.

    The password of an existing account is left as it is. Running it twice changes nothing.

    Raises:
        InvalidArgument: a field breaks its rule, or the password is too weak.
    """
    address = fields.email("email", email)
    name = fields.line("display_name", display_name, required=True)
    async with store(read_only=True) as tx:
        existing = await tx.users.get_by_email(address)
    if existing is not None:
        return await _raise(store, call, existing)
    passwords.check("password", password, email=address, display_name=name)
    pending = PendingAccount(name, None, "", "", "", await hasher.hash(password))
    user = new_user(call, address, pending, Role.ADMINISTRATOR)
    async with store() as tx:
        if await tx.users.add(user, pending.password_hash):
            await recording.done(tx, call, Action.CREATE_ADMINISTRATOR, f"users/{user.id}", email=address)
            await tx.commit()
            return user
    # Another replica with the same settings was faster.
    return await create_administrator(store, hasher, call, email=email, password=password, display_name=display_name)


async def _raise(store: Store, call: Call, user: User) -> User:
    if user.is_administrator:
        return user
    raised = replace(
        user, role=Role.ADMINISTRATOR, claims_time=call.now, update_time=call.now, version=user.version + 1
    )
    async with store() as tx:
        if await tx.users.update(raised):
            await recording.done(tx, call, Action.CREATE_ADMINISTRATOR, f"users/{user.id}", email=user.email)
            await tx.commit()
    return raised
