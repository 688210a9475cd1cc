"""Where am I signed in; what ends there ends everywhere within five seconds, streams included."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import audit_service_pb2 as audit
from loupe.auth.v1 import session_service_pb2 as pb
from loupe_kit import status
from loupe_kit.auth_client import remote_authenticator
from loupe_kit.channels import open_channel
from loupe_kit.errors import Code, Unauthenticated
from loupe_kit.testing import SERVICE_TOKEN_KEY, bearer
from loupe_kit.tokens import ServiceTokens
from tests.integration.auth.conftest import ADMIN, Auth
from tests.integration.auth.test_account_journey import refusal

ADA = "ada@plant.example"


async def test_list__every_live_session_and_which_one_calls(auth: Auth) -> None:
    await auth.sign_up(ADA)
    request = account.SignInRequest(email=ADA, password="seven green bicycles")
    phone = (("x-forwarded-user-agent", "a phone"), ("x-forwarded-for", "203.0.113.9"))
    await auth.accounts.SignIn(request, metadata=phone)
    auth.later(minutes=1)
    ended = await auth.sign_in(ADA)
    await auth.accounts.SignOut(account.SignOutRequest(refresh_token=ended.refresh_token))
    here = await auth.sign_in(ADA)

    found = (await auth.sessions.ListSessions(pb.ListSessionsRequest(), metadata=bearer(here.access_token))).sessions

    assert [session.is_current for session in found] == [True, False]
    assert (found[1].user_agent, found[1].client_address) == ("a phone", "203.0.113.9")
    assert found[0].last_use_time.seconds - found[1].last_use_time.seconds == 60


async def test_list__pages(auth: Auth) -> None:
    await auth.sign_up(ADA)
    names = []
    for _ in range(3):
        names.append((await auth.sign_in(ADA)).session)
        auth.later(seconds=1)
    ada = await auth.as_person(ADA)

    first = await auth.sessions.ListSessions(pb.ListSessionsRequest(page_size=3), metadata=ada)
    rest = await auth.sessions.ListSessions(
        pb.ListSessionsRequest(page_size=3, page_token=first.next_page_token), metadata=ada
    )

    assert [session.name for session in [*first.sessions, *rest.sessions]][1:] == names[::-1]


async def test_end__one_session_and_not_that_of_another_person(auth: Auth) -> None:
    await auth.sign_up(ADA)
    there, ada, chief = await auth.sign_in(ADA), await auth.as_person(ADA), await auth.as_person(ADMIN)
    request = pb.EndSessionRequest(name=there.session)

    assert (await refusal(auth.sessions.EndSession(request, metadata=chief))).reason == "SESSION_NOT_FOUND"
    await auth.sessions.EndSession(request, metadata=ada)
    await auth.sessions.EndSession(request, metadata=ada)

    refused = await refusal(auth.accounts.GetMe(account.GetMeRequest(), metadata=bearer(there.access_token)))
    assert refused.code is Code.UNAUTHENTICATED
    refresh = account.RefreshSessionRequest(refresh_token=there.refresh_token)
    assert (await refusal(auth.accounts.RefreshSession(refresh))).reason == "SESSION_ENDED"


@pytest.mark.parametrize(("keep_current", "count"), [(True, 2), (False, 3)])
async def test_end_all__counts_and_keeps_the_current_one_if_asked(auth: Auth, keep_current: bool, count: int) -> None:
    await auth.sign_up(ADA)
    await auth.sign_in(ADA)
    await auth.sign_in(ADA)
    ada = await auth.as_person(ADA)

    answer = await auth.sessions.EndAllSessions(pb.EndAllSessionsRequest(keep_current=keep_current), metadata=ada)

    assert answer.ended_session_count == count
    me = auth.accounts.GetMe(account.GetMeRequest(), metadata=ada)
    if keep_current:
        assert (await me).email == ADA
    else:
        assert (await refusal(me)).code is Code.UNAUTHENTICATED


async def test_end__other_services_refuse_the_access_token_within_five_seconds(auth: Auth) -> None:
    await auth.sign_up(ADA)
    tokens = await auth.sign_in(ADA)
    service = ServiceTokens(SERVICE_TOKEN_KEY, auth.clock)
    async with open_channel(auth.target, lambda: service.issue("project")) as channel:
        elsewhere = remote_authenticator(channel, service, clock=auth.clock)
        header = f"Bearer {tokens.access_token}"
        caller = await elsewhere.authenticate(header)
        await auth.accounts.SignOut(account.SignOutRequest(refresh_token=tokens.refresh_token))

        auth.later(seconds=5)

        with pytest.raises(Unauthenticated):
            await elsewhere.authenticate(header)
        with pytest.raises(Unauthenticated):
            await elsewhere.recheck(caller, header)


async def test_end__a_running_stream_ends_with_its_session(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    chief = await auth.sign_in(ADMIN)
    stopped = asyncio.Event()

    async def slowly(*_: object, **__: object) -> object:
        try:
            await asyncio.sleep(3600)
        finally:
            stopped.set()
        return []

    monkeypatch.setattr("loupe_auth.adapters.sql.audit.SqlAuditRepository.list_newest_first", slowly)
    stream = auth.audit.ExportAuditEvents(audit.ExportAuditEventsRequest(), metadata=bearer(chief.access_token))
    reading = asyncio.create_task(stream.read())
    await asyncio.sleep(0.2)
    await auth.accounts.SignOut(account.SignOutRequest(refresh_token=chief.refresh_token))
    auth.later(seconds=5)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asyncio.wait_for(reading, 60)

    assert status.from_rpc_error(caught.value).code is Code.UNAUTHENTICATED
    assert stopped.is_set()


async def test_revocations__are_closed_to_people(auth: Auth) -> None:
    refused = await refusal(
        auth.sessions.ListRevocations(pb.ListRevocationsRequest(), metadata=await auth.as_person(ADMIN))
    )

    assert refused.code is Code.PERMISSION_DENIED
