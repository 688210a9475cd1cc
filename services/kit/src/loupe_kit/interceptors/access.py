"""Innermost: may this caller make this call at all?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from loupe_kit import rpc_policy
from loupe_kit.caller import current_caller
from loupe_kit.errors import PermissionDenied
from loupe_kit.interceptors.base import AroundInterceptor, ServerCall
from loupe_kit.rpc_policy import AccessTable


class AccessInterceptor(AroundInterceptor):
    """Holds the caller against the access table; what the table lacks is refused.

    Args:
        table: Access of every RPC.
    """

    def __init__(self, table: AccessTable) -> None:
        self._table = table

    @asynccontextmanager
    async def around(self, call: ServerCall) -> AsyncIterator[None]:
        """Check one call."""
        access = self._table.get(call.method)
        if access is None:
            raise PermissionDenied("Nobody may make this call.", method=call.method)
        rpc_policy.check_access(access, current_caller())
        yield
