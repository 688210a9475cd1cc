"""Mail to people whom only auth can address."""

from collections.abc import Mapping, Sequence

import grpc

from loupe.auth.v1 import mail_service_pb2 as pb
from loupe.auth.v1 import mail_service_pb2_grpc
from loupe_kit.status import from_rpc_error

_TIMEOUT_SECONDS = 90.0
"""Auth tries the last of twenty people within a minute."""


class AuthMails:
    """See `ports.drift_watch.Mails`.

    Args:
        channel: To auth, with a service token.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = mail_service_pb2_grpc.MailServiceStub(channel)

    async def send(self, user_ids: Sequence[str], subject: str, text: str) -> Mapping[str, str]:
        """See the port."""
        request = pb.SendMailRequest(users=[f"users/{one}" for one in user_ids], subject=subject, text=text)
        try:
            answer: pb.SendMailResponse = await self._stub.SendMail(request, timeout=_TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        return {one.user.removeprefix("users/"): one.why for one in answer.failures}
