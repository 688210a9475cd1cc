"""AuditService: adds to the audit, reads it, gives it as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator

from google.api.httpbody_pb2 import HttpBody

from loupe.auth.v1 import audit_service_pb2 as pb
from loupe.auth.v1 import audit_service_pb2_grpc
from loupe_auth import audit_file, convert
from loupe_auth.ports import Store
from loupe_auth.servicers.calls import CallReader, Context
from loupe_auth.servicers.pages import Page
from loupe_auth.use_cases.export_audit_events import export_audit_events
from loupe_auth.use_cases.list_audit_events import list_audit_events
from loupe_auth.use_cases.record_audit_events import record_audit_events
from loupe_kit.rpc_policy import Access, AccessTable

_PREFIX = "/loupe.auth.v1.AuditService"
ACCESS: AccessTable = {
    f"{_PREFIX}/ListAuditEvents": Access.USER,
    f"{_PREFIX}/ExportAuditEvents": Access.USER,
    f"{_PREFIX}/RecordAuditEvents": Access.SERVICE,
}


class AuditServicer(audit_service_pb2_grpc.AuditServiceServicer):
    """The audit: filled by services, read by administrators.

    Args:
        store: where it is.
        calls: reads who calls.
    """

    def __init__(self, store: Store, calls: CallReader) -> None:
        self._store = store
        self._calls = calls

    async def ListAuditEvents(self, request: pb.ListAuditEventsRequest, context: Context) -> pb.ListAuditEventsResponse:
        call = self._calls.read(context)
        query = convert.audit_query(request)
        page = Page(request, "auditEvents", str(query))
        async with self._store(read_only=True) as tx:
            found = await list_audit_events(tx, call, query, after=page.after_time(), limit=page.fetch)
        rows, token = page.cut_by_time(found, lambda event: (event.create_time, event.id))
        return pb.ListAuditEventsResponse(audit_events=map(convert.audit_event, rows), next_page_token=token)

    async def ExportAuditEvents(
        self, request: pb.ExportAuditEventsRequest, context: Context
    ) -> AsyncIterator[HttpBody]:
        call = self._calls.read(context)
        content_type = audit_file.JSONL if request.format == request.FORMAT_JSONL else audit_file.CSV
        name = f"audit-{call.now:%Y%m%dT%H%M%SZ}.{'jsonl' if content_type == audit_file.JSONL else 'csv'}"
        pages = export_audit_events(self._store, call, convert.audit_query(request), name.rpartition(".")[2])
        write, is_first = audit_file.writer(content_type), True
        async for events in pages:
            if is_first:
                await context.send_initial_metadata([("content-disposition", f'attachment; filename="{name}"')])
            yield HttpBody(content_type=content_type, data=write(events, is_first=is_first))
            is_first = False

    async def RecordAuditEvents(
        self, request: pb.RecordAuditEventsRequest, context: Context
    ) -> pb.RecordAuditEventsResponse:
        source = self._calls.read(context).actor
        events = [convert.recorded_event(message, source) for message in request.audit_events]
        async with self._store() as tx:
            count = await record_audit_events(tx, events)
            await tx.commit()
        return pb.RecordAuditEventsResponse(recorded_count=count)
