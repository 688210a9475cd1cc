"""MailService: mail of other services to people."""

from __future__ import annotations

from loupe.auth.v1 import mail_service_pb2 as pb
from loupe.auth.v1 import mail_service_pb2_grpc
from loupe_auth import convert
from loupe_auth.ports import MailTransport, Store
from loupe_auth.servicers.calls import Context
from loupe_auth.use_cases.send_mail import Letter, send_mail
from loupe_kit.rpc_policy import Access, AccessTable

ACCESS: AccessTable = {"/loupe.auth.v1.MailService/SendMail": Access.SERVICE}


class MailServicer(mail_service_pb2_grpc.MailServiceServicer):
    """Mails people.

    Args:
        store: knows their addresses.
        transport: delivers; its answer is the caller's.
    """

    def __init__(self, store: Store, transport: MailTransport) -> None:
        self._store = store
        self._transport = transport

    async def SendMail(self, request: pb.SendMailRequest, context: Context) -> pb.SendMailResponse:
        user_ids = [convert.resource_id("users", name, "users") for name in request.users]
        failures = await send_mail(self._store, self._transport, Letter(user_ids, request.subject, request.text))
        return pb.SendMailResponse(
            failures=[pb.SendMailResponse.Failure(user=f"users/{one}", why=why) for one, why in failures.items()]
        )
