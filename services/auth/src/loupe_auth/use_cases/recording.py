"""Writes the audit."""

from __future__ import annotations

from loupe_auth.domain.audit import Action, AuditEvent, Outcome
from loupe_auth.domain.calls import Call
from loupe_auth.domain.users import User
from loupe_auth.ports import Store, Transaction
from loupe_kit import ids


async def done(
    tx: Transaction, call: Call, action: Action, target: str = "", *, actor: User | None = None, **details: str
) -> None:
    """Records, within the transaction that does it, that something was done.

    Args:
        tx: the transaction.
        call: the call that did it.
        action: what was done.
        target: resource name of what it was done to.
        actor: the person, where the call itself does not name one (sign-in).
        **details: further facts; never secrets.
    """
    await tx.audit.add(_event(call, action, Outcome.SUCCEEDED, target, actor, "", details))


async def refused(
    store: Store,
    call: Call,
    action: Action,
    reason: str,
    target: str = "",
    *,
    actor: User | None = None,
    **details: str,
) -> None:
    """Records in a transaction of its own that something was refused; the call goes on to fail."""
    async with store() as tx:
        await tx.audit.add(_event(call, action, Outcome.REFUSED, target, actor, reason, details))
        await tx.commit()


def _event(
    call: Call,
    action: Action,
    outcome: Outcome,
    target: str,
    actor: User | None,
    reason: str,
    details: dict[str, str],
) -> AuditEvent:
    return AuditEvent(
        id=ids.new_id(),
        create_time=call.now,
        action=action,
        outcome=outcome,
        actor=call.actor if actor is None else f"users/{actor.id}",
        actor_display_name=call.caller.display_name if actor is None else actor.profile.display_name,
        target=target,
        call=call.info,
        reason=reason,
        details=details,
    )
