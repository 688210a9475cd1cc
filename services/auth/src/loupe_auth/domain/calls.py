"""The call that is being answered, as use cases see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loupe_auth.domain.audit import CallInfo
from loupe_kit.caller import Caller, CallerKind


@dataclass(frozen=True)
class Call:
    """Who calls, from where and when."""

    caller: Caller
    info: CallInfo
    now: datetime
    """Taken once, so that everything one call writes has one time."""

    @property
    def actor(self) -> str:
        """Resource name of the caller; empty: somebody not signed in."""
        if self.caller.kind is CallerKind.SERVICE:
            return f"services/{self.caller.id}"
        return f"users/{self.caller.id}" if self.caller.is_authenticated else ""
