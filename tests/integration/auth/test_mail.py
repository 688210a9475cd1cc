"""Mail of another service to people, as the project service sends it."""

from collections.abc import AsyncIterator

import grpc
import pytest

from loupe.auth.v1 import mail_service_pb2 as pb
from loupe.auth.v1 import mail_service_pb2_grpc
from loupe.auth.v1 import user_service_pb2 as users
from loupe_kit import ids
from loupe_kit.channels import open_channel
from loupe_kit.testing import SERVICE_TOKEN_KEY
from loupe_kit.tokens import ServiceTokens
from loupe_project.adapters.mails import AuthMails
from tests.integration.auth.conftest import ADMIN, Auth

SUBJECT = "Loupe, Cells: drift, look at it / 변화 감지, 확인 필요"


@pytest.fixture
async def mails(auth: Auth) -> AsyncIterator[AuthMails]:
    """As the project service mails."""
    tokens = ServiceTokens(SERVICE_TOKEN_KEY, auth.clock)
    async with open_channel(auth.target, lambda: tokens.issue("project")) as channel:
        yield AuthMails(channel)


async def test_send__each_gets_his_own_mail(auth: Auth, mails: AuthMails) -> None:
    people = {
        address: (await auth.sign_up(address)).user.name for address in ("ada@plant.example", "bob@plant.example")
    }

    failures = await mails.send([name.removeprefix("users/") for name in people.values()], SUBJECT, "기준과 다름\n")

    assert failures == {}
    got = [await auth.mail(), await auth.mail()]
    assert sorted(to for to, _ in got) == sorted(people)
    assert {text.strip() for _, text in got} == {"기준과 다름"}


async def test_send__accounts_that_are_gone_or_disabled_are_not_reached(auth: Auth, mails: AuthMails) -> None:
    ada, bob = (await auth.sign_up("ada@plant.example")).user, (await auth.sign_up("bob@plant.example")).user
    await auth.users.DisableUser(users.DisableUserRequest(name=bob.name), metadata=await auth.as_person(ADMIN))
    unknown = ids.new_id()

    failures = await mails.send([ada.name.removeprefix("users/"), bob.name.removeprefix("users/"), unknown], "s", "t")

    assert set(failures) == {bob.name.removeprefix("users/"), unknown}
    assert (await auth.mail())[0] == "ada@plant.example"


@pytest.mark.parametrize(
    "request_",
    [
        pb.SendMailRequest(subject="s", text="t"),
        pb.SendMailRequest(users=[f"users/{ids.new_id()}"] * 2, subject="s", text="t"),
        pb.SendMailRequest(users=[f"users/{ids.new_id()}" for _ in range(21)], subject="s", text="t"),
        pb.SendMailRequest(users=["departments/x"], subject="s", text="t"),
        pb.SendMailRequest(users=[f"users/{ids.new_id()}"], subject="s\nBcc: all@plant.example", text="t"),
        pb.SendMailRequest(users=[f"users/{ids.new_id()}"], subject=" ", text="t"),
        pb.SendMailRequest(users=[f"users/{ids.new_id()}"], subject="s", text=""),
    ],
)
async def test_send_mail__what_makes_no_mail(auth: Auth, request_: pb.SendMailRequest) -> None:
    stub = mail_service_pb2_grpc.MailServiceStub(auth.channel)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.SendMail(request_, metadata=auth.as_service())

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_send_mail__is_closed_to_people(auth: Auth) -> None:
    stub = mail_service_pb2_grpc.MailServiceStub(auth.channel)
    request = pb.SendMailRequest(users=[f"users/{ids.new_id()}"], subject="s", text="t")

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.SendMail(request, metadata=await auth.as_person(ADMIN))

    assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
