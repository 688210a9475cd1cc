"""SessionService: where a person is signed in."""

from __future__ import annotations

from loupe.auth.v1 import session_service_pb2 as pb
from loupe.auth.v1 import session_service_pb2_grpc
from loupe_auth import convert
from loupe_auth.ports import Store
from loupe_auth.servicers.calls import CallReader, Context
from loupe_auth.servicers.pages import Page
from loupe_auth.use_cases.end_session import end_all_sessions, end_session
from loupe_auth.use_cases.list_revocations import list_revocations
from loupe_auth.use_cases.list_sessions import list_sessions
from loupe_kit.rpc_policy import Access, AccessTable

_PREFIX = "/loupe.auth.v1.SessionService"
ACCESS: AccessTable = {
    f"{_PREFIX}/ListSessions": Access.USER,
    f"{_PREFIX}/EndSession": Access.USER,
    f"{_PREFIX}/EndAllSessions": Access.USER,
    f"{_PREFIX}/ListRevocations": Access.SERVICE,
}


class SessionServicer(session_service_pb2_grpc.SessionServiceServicer):
    """Sessions of the calling person, and which ones ended.

    Args:
        store: where they are.
        calls: reads who calls.
    """

    def __init__(self, store: Store, calls: CallReader) -> None:
        self._store = store
        self._calls = calls

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Context) -> pb.ListSessionsResponse:
        call = self._calls.read(context)
        page = Page(request, "sessions", call.caller.id)
        async with self._store(read_only=True) as tx:
            found = await list_sessions(tx, call, after=page.after_time(), limit=page.fetch)
        rows, token = page.cut_by_time(found, lambda session: (session.last_use_time, session.id))
        sessions = [convert.session(session, call.caller.session_id) for session in rows]
        return pb.ListSessionsResponse(sessions=sessions, next_page_token=token)

    async def EndSession(self, request: pb.EndSessionRequest, context: Context) -> pb.EndSessionResponse:
        session_id = convert.resource_id("name", request.name, "sessions")
        async with self._store() as tx:
            await end_session(tx, self._calls.read(context), session_id)
            await tx.commit()
        return pb.EndSessionResponse()

    async def EndAllSessions(self, request: pb.EndAllSessionsRequest, context: Context) -> pb.EndAllSessionsResponse:
        async with self._store() as tx:
            count = await end_all_sessions(tx, self._calls.read(context), keep_current=request.keep_current)
            await tx.commit()
        return pb.EndAllSessionsResponse(ended_session_count=count)

    async def ListRevocations(self, request: pb.ListRevocationsRequest, context: Context) -> pb.ListRevocationsResponse:
        return convert.revocations(await list_revocations(self._store, self._calls.read(context).now))
