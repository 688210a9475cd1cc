"""The audit that auth keeps, over its channel."""

from collections.abc import Sequence

import grpc

from loupe.auth.v1 import audit_service_pb2 as pb
from loupe.auth.v1 import audit_service_pb2_grpc
from loupe_kit.audit.event import AuditEvent
from loupe_kit.status import from_rpc_error

_TIMEOUT_SECONDS = 10.0


class AuthAuditLog:
    """See `relay.AuditLog`.

    Args:
        channel: To auth, with a service token.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = audit_service_pb2_grpc.AuditServiceStub(channel)

    async def record(self, events: Sequence[AuditEvent]) -> None:
        """See the protocol."""
        request = pb.RecordAuditEventsRequest(audit_events=map(_to_message, events))
        try:
            await self._stub.RecordAuditEvents(request, timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error


def _to_message(event: AuditEvent) -> pb.AuditEvent:
    message = pb.AuditEvent(
        name=f"auditEvents/{event.id}",
        action=event.action,
        outcome=pb.AuditEvent.OUTCOME_SUCCEEDED,
        actor=event.actor,
        actor_display_name=event.origin.display_name,
        target=event.target,
        client_address=event.origin.client_address,
        user_agent=event.origin.user_agent,
        call_id=event.origin.call_id,
        details=dict(event.details),
    )
    message.create_time.FromDatetime(event.create_time)
    return message
