"""API keys for the calls that auth itself gets: other services ask over gRPC."""

from __future__ import annotations

from loupe_auth.domain.audit import CallInfo
from loupe_auth.domain.calls import Call
from loupe_auth.ports import Store
from loupe_auth.use_cases.resolve_api_key import resolve_api_key
from loupe_kit.caller import Caller, CallerKind
from loupe_kit.clock import Clock


class OwnApiKeyResolver:
    """The kit's port ApiKeyResolver over the store.

    Args:
        store: where keys are.
        clock: decides which have expired.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def resolve(self, api_key: str) -> Caller:
        """Returns whom the key acts for.

        Raises:
            ApiKeyInvalid: it is no valid key.
        """
        itself = Caller(kind=CallerKind.SERVICE, id="auth", display_name="auth")
        key, owner = await resolve_api_key(self._store, Call(itself, CallInfo(), self._clock.now()), api_key)
        return Caller(
            kind=CallerKind.API_KEY,
            id=owner.id,
            display_name=key.display_name,
            department_id=owner.profile.department_id,
            role=owner.role,
            scopes=frozenset(key.scopes),
            key_projects=frozenset(key.project_ids) or None,
            key_id=key.id,
        )
