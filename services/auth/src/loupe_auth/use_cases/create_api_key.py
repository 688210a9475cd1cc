"""Makes an API key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from loupe_auth.domain import api_keys, fields
from loupe_auth.domain.api_keys import ApiKey
from loupe_auth.domain.audit import Action
from loupe_auth.domain.calls import Call
from loupe_auth.domain.errors import ApiKeyLimit
from loupe_auth.ports import Transaction
from loupe_auth.use_cases import acting, recording
from loupe_kit import ids

MAXIMUM_KEYS = 100


@dataclass(frozen=True)
class ApiKeyWish:
    """What the key shall be."""

    display_name: str
    scopes: Sequence[str]
    project_ids: Sequence[str]
    """Empty: every project of the owner."""
    expire_time: datetime | None
    """None: a year from now."""


async def create_api_key(tx: Transaction, call: Call, wish: ApiKeyWish) -> tuple[ApiKey, str]:
    """Returns the key and its whole text, which nobody can read again.

    Raises:
        InvalidArgument: a scope that does not exist, an expiry that is past or too far, too many projects.
        ApiKeyLimit: the person has enough working keys.
    """
    owner = await acting.person(tx, call)
    if await tx.api_keys.count_live(owner.id, call.now) >= MAXIMUM_KEYS:
        raise ApiKeyLimit(
            f"You have {MAXIMUM_KEYS} working API keys, which is the most; revoke one first.", limit=str(MAXIMUM_KEYS)
        )
    secret = api_keys.new_secret()
    key = ApiKey(
        id=ids.new_id(),
        owner_id=owner.id,
        display_name=fields.line("api_key.display_name", wish.display_name, required=True),
        secret_hash=api_keys.secret_hash(secret),
        scopes=_scopes(wish.scopes),
        project_ids=_projects(wish.project_ids),
        create_time=call.now,
        expire_time=checked_expire_time("api_key.expire_time", wish.expire_time, call.now),
    )
    await tx.api_keys.add(key)
    await recording.done(
        tx, call, Action.CREATE_API_KEY, f"apiKeys/{key.id}", display_name=key.display_name, scopes=",".join(key.scopes)
    )
    return key, api_keys.key_text(key.id, secret)


def _scopes(wanted: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(wanted) - set(api_keys.SCOPES))
    if unknown or not wanted:
        fault = f"has no scope {unknown[0][:50]!r}" if unknown else "must not be empty"
        raise fields.invalid("api_key.scopes", f"{fault}; choose among {', '.join(api_keys.SCOPES)}")
    return tuple(sorted(set(wanted)))


def _projects(wanted: Sequence[str]) -> tuple[str, ...]:
    distinct = tuple(sorted(set(wanted)))
    if len(distinct) > api_keys.MAXIMUM_PROJECTS:
        raise fields.invalid("api_key.projects", f"must name at most {api_keys.MAXIMUM_PROJECTS} projects")
    return distinct


def checked_expire_time(field: str, wanted: datetime | None, now: datetime) -> datetime:
    """Returns when a key stops working; a year from now where nothing is wanted.

    Raises:
        InvalidArgument: past or too far.
    """
    if wanted is None:
        return now + api_keys.DEFAULT_LIFETIME
    if not now < wanted <= now + api_keys.MAXIMUM_LIFETIME:
        raise fields.invalid(field, "must be in the future and at most a year away")
    return wanted
