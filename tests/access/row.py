"""A row of the access matrix: one RPC, who may call it, and a request that would be answered to those who may."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from google.protobuf.message import Message

from tests.access.policies import POLICIES, Policy
from tests.access.world import Visit

Requests = Message | Sequence[Message]
Builder = Callable[[Visit], Requests | Awaitable[Requests]]


@dataclass(frozen=True, slots=True)
class Row:
    """What is expected of one RPC, or of one kind of request to it."""

    rpc: str
    """`TagService.CreateTag`."""
    policy: str
    """Which line of `POLICIES` holds."""
    request: Builder
    """Makes a request that is answered with OK to those who may; called anew for every call."""
    scope: str = "read"
    """What an API key needs."""
    about: str = ""
    """Tells rows of the same RPC apart."""

    @property
    def id(self) -> str:
        """Name of the row in test reports."""
        return f"{self.rpc} {self.about}".strip()

    @property
    def expected(self) -> Policy:
        """Outcome for each identity."""
        return POLICIES[self.policy]

    async def requests(self, visit: Visit) -> list[Message]:
        """Returns the messages of one call, in order."""
        made = self.request(visit)
        if inspect.isawaitable(made):
            made = await made
        return [made] if isinstance(made, Message) else list(made)
