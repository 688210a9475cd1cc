"""Ended sessions for the calls that this process itself gets: other services ask over gRPC."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from loupe_auth.ports import Store
from loupe_auth.use_cases.list_revocations import list_revocations
from loupe_kit.clock import Clock
from loupe_kit.errors import Unavailable
from loupe_kit.revocations import Revocations


class OwnRevocations:
    """The kit's port RevocationSource over the store.

    Args:
        store: where sessions are.
        clock: decides which tokens may still run.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def revocations(self) -> Revocations:
        """Returns the list as it is now.

        Raises:
            Unavailable: the database does not answer.
        """
        try:
            return await list_revocations(self._store, self._clock.now())
        except (SQLAlchemyError, OSError) as error:
            raise Unavailable("The database of sessions does not answer; try again in a few seconds.") from error
