"""Sign-in with a real identity provider, through auth and through the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import oidc_service_pb2 as pb
from loupe.auth.v1 import oidc_service_pb2_grpc, user_pb2
from loupe.auth.v1 import user_service_pb2 as users
from loupe_auth.bootstrap import bootstrap
from loupe_auth.oidc_settings import OidcSettings
from loupe_auth.settings import AuthSettings
from loupe_gateway.app import create_app
from loupe_gateway.clients import open_clients
from loupe_gateway.settings import GatewaySettings
from loupe_kit.clock import SystemClock
from loupe_kit.errors import Code
from loupe_kit.testing import FakeClock, running_server
from tests.contract.auth.databases import KINDS, empty_database
from tests.integration.auth.conftest import ADMIN, Auth
from tests.integration.auth.provider import CLIENT_ID, CLIENT_SECRET, Provider, install, running_provider
from tests.integration.auth.test_account_journey import refusal
from tests.unit.auth.fakes import QuickHasher

PUBLIC_URL = "http://localhost"
ADA = "ada@plant.example"


@dataclass
class Plant:
    """Auth, and the provider that it trusts."""

    auth: Auth
    provider: Provider

    def __post_init__(self) -> None:
        self.oidc = oidc_service_pb2_grpc.OidcServiceStub(self.auth.channel)

    async def answer(self, sub: str = "0001", return_path: str = "", **claims: Any) -> pb.FinishOidcSignInRequest:
        """Returns what a browser comes back with after somebody signed in at the provider."""
        await self.provider.expect(sub, **claims)
        started = await self.oidc.StartOidcSignIn(pb.StartOidcSignInRequest(return_path=return_path))
        back = (await self.provider.browse(started.authorization_url)).params
        return pb.FinishOidcSignInRequest(
            flow_secret=started.flow_secret,
            state=back["state"],
            code=back.get("code", ""),
            issuer=back.get("iss", ""),
            error=back.get("error", ""),
        )

    async def sign_in(self, sub: str = "0001", **claims: Any) -> account.SessionTokens:
        """Signs in; by default as Ada with a verified address."""
        told: dict[str, Any] = {"email": ADA, "email_verified": True, "name": "Ada Lovelace"} | claims
        return (await self.oidc.FinishOidcSignIn(await self.answer(sub, **told))).tokens


@pytest.fixture(scope="session")
def provider_folder(request: pytest.FixtureRequest) -> Path:
    assert request.config.cache is not None
    folder = request.config.cache.mkdir("oidc-provider")
    install(folder)
    return folder


@pytest.fixture
async def provider(provider_folder: Path) -> AsyncIterator[Provider]:
    redirect = OidcSettings(issuer="http://localhost", client_id="x", public_url=PUBLIC_URL).redirect_uri
    async with running_provider(provider_folder, redirect) as provider:
        yield provider


@pytest.fixture(params=KINDS)
async def plant(
    settings: AuthSettings, provider: Provider, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Plant]:
    oidc = OidcSettings(
        issuer=provider.issuer,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        public_url=PUBLIC_URL,
        administrator_groups="chiefs",
        supervisor_groups="leads",
        departments={"grp-q": "Quality"},
    )
    # The provider has the time of this machine.
    clock = FakeClock(start=SystemClock().now())
    async with empty_database(request.param, tmp_path) as url:
        changes = {"database_url": url, "oidc": oidc}
        service = bootstrap(settings.model_copy(update=changes), clock=clock, hasher=QuickHasher())
        await service.start()
        authenticator = service.resources["authenticator"]
        async with running_server(service.registrations, authenticator=authenticator) as server:
            yield Plant(Auth(server.channel, server.target, settings.mailbox, clock, authenticator), provider)
        await service.stop()


async def test_sign_in__first_time_makes_an_account_and_then_finds_it(plant: Plant) -> None:
    first = await plant.sign_in()
    again = await plant.sign_in(email="married@plant.example", email_verified=False)

    assert (first.user.email, first.user.display_name) == (ADA, "Ada Lovelace")
    assert again.user.name == first.user.name
    assert first.session != again.session
    assert (await refusal(plant.auth.sign_in(ADA))).reason == "INVALID_CREDENTIALS"


async def test_sign_in__verified_address_links_the_account_that_is_there(plant: Plant) -> None:
    known = (await plant.auth.sign_up(ADA)).user

    tokens = await plant.sign_in(email="Ada@Plant.example")

    assert tokens.user.name == known.name
    assert (await plant.auth.sign_in(ADA)).user.name == known.name


async def test_sign_in__unverified_address_gets_nobodys_account(plant: Plant) -> None:
    await plant.auth.sign_up(ADA)

    for claims in ({"email_verified": False}, {"email": ""}):
        refused = await refusal(plant.sign_in("mallory", **claims))
        assert (refused.code, refused.reason) == (Code.PERMISSION_DENIED, "OIDC_EMAIL_NOT_VERIFIED")


async def test_finish__wrong_state_and_another_browser(plant: Plant) -> None:
    answer = await plant.answer(email=ADA, email_verified=True)
    other = await plant.oidc.StartOidcSignIn(pb.StartOidcSignInRequest())

    for change in ({"state": "x" * 43}, {"flow_secret": other.flow_secret}, {"flow_secret": ""}):
        altered = pb.FinishOidcSignInRequest()
        altered.CopyFrom(answer)
        for field, value in change.items():
            setattr(altered, field, value)
        assert (await refusal(plant.oidc.FinishOidcSignIn(altered))).reason == "OIDC_FLOW_INVALID"
    assert (await plant.oidc.FinishOidcSignIn(answer)).tokens.user.email == ADA


async def test_finish__replayed_answer_and_replayed_code(plant: Plant) -> None:
    answer = await plant.answer(email=ADA, email_verified=True)
    await plant.oidc.FinishOidcSignIn(answer)

    replayed = await refusal(plant.oidc.FinishOidcSignIn(answer))
    stolen = await plant.answer(email=ADA, email_verified=True)
    stolen.code = answer.code
    with_code = await refusal(plant.oidc.FinishOidcSignIn(stolen))

    assert (replayed.reason, with_code.reason) == ("OIDC_FLOW_INVALID", "OIDC_REFUSED")


async def test_finish__code_of_another_flow_lacks_its_verifier(plant: Plant) -> None:
    first = await plant.answer(email=ADA, email_verified=True)
    second = await plant.answer(email=ADA, email_verified=True)
    second.code = first.code

    assert (await refusal(plant.oidc.FinishOidcSignIn(second))).reason == "OIDC_REFUSED"


async def test_finish__too_late(plant: Plant) -> None:
    answer = await plant.answer(email=ADA, email_verified=True)

    plant.auth.later(minutes=10)

    assert (await refusal(plant.oidc.FinishOidcSignIn(answer))).reason == "OIDC_FLOW_INVALID"


async def test_finish__answer_of_another_provider(plant: Plant) -> None:
    answer = await plant.answer(email=ADA, email_verified=True)
    answer.issuer = "https://evil.example"

    assert (await refusal(plant.oidc.FinishOidcSignIn(answer))).reason == "OIDC_TOKEN_INVALID"


async def test_finish__provider_refuses(plant: Plant) -> None:
    await plant.provider.expect("0001", refuses=True)
    started = await plant.oidc.StartOidcSignIn(pb.StartOidcSignInRequest())
    back = (await plant.provider.browse(started.authorization_url)).params
    answer = pb.FinishOidcSignInRequest(
        flow_secret=started.flow_secret, state=back["state"], error=back["error"], issuer=back.get("iss", "")
    )

    refused = await refusal(plant.oidc.FinishOidcSignIn(answer))

    assert (refused.reason, refused.metadata["error"]) == ("OIDC_REFUSED", "access_denied")


async def test_groups__decide_on_department_and_role_at_each_sign_in(plant: Plant) -> None:
    lead = await plant.sign_in(groups=["grp-q", "leads"])
    member = await plant.sign_in(groups=["grp-q"])
    chief = await plant.sign_in(groups=["chiefs"])

    assert (lead.user.department_display_name, lead.user.role) == ("Quality", user_pb2.ROLE_SUPERVISOR)
    assert (member.user.department, member.user.role) == (lead.user.department, user_pb2.ROLE_MEMBER)
    assert chief.user.role == user_pb2.ROLE_ADMINISTRATOR


async def test_sign_in__disabled_account(plant: Plant) -> None:
    tokens = await plant.sign_in()
    admin = await plant.auth.as_person(ADMIN)
    await plant.auth.users.DisableUser(users.DisableUserRequest(name=tokens.user.name), metadata=admin)

    assert (await refusal(plant.sign_in())).reason == "ACCOUNT_DISABLED"


async def test_reset__no_way_around_the_provider(plant: Plant) -> None:
    await plant.sign_in()

    started = await plant.auth.accounts.RequestPasswordReset(account.RequestPasswordResetRequest(email=ADA))

    assert started.verification
    assert not plant.auth.mailbox.exists() or not list(plant.auth.mailbox.glob("*.eml"))


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "projects", "/a b"])
async def test_start__leads_back_to_this_installation_only(plant: Plant, path: str) -> None:
    refused = await refusal(plant.oidc.StartOidcSignIn(pb.StartOidcSignInRequest(return_path=path)))

    assert refused.fields[0].field == "return_path"


async def test_start__without_a_provider(auth: Auth) -> None:
    oidc = oidc_service_pb2_grpc.OidcServiceStub(auth.channel)

    assert (await refusal(oidc.StartOidcSignIn(pb.StartOidcSignInRequest()))).reason == "OIDC_NOT_CONFIGURED"


async def test_gateway__a_browser_goes_there_and_comes_back_signed_in(plant: Plant) -> None:
    target = plant.auth.target
    clients = open_clients(
        GatewaySettings(auth_target=target, project_target=target, inference_target=target, reduction_target=target)
    )
    await plant.provider.expect("0001", email=ADA, email_verified=True, name="Ada")
    transport = httpx.ASGITransport(create_app(clients))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as browser:
        options = (await browser.get("/v1/account:signInOptions")).json()
        begun = await browser.get("/v1/account:signInWithOidc", params={"returnPath": "/projects/one?tab=map"})
        back = await plant.provider.browse(begun.headers["location"])
        done = await browser.get(str(back))
        me = (await browser.get("/v1/me")).json()
        replayed = await browser.get(str(back))

    await clients.close()
    assert options["oidcDisplayName"] == "Company account"
    assert (begun.status_code, done.status_code) == (303, 303)
    assert done.headers["location"] == "/projects/one?tab=map"
    assert me["email"] == ADA
    assert replayed.headers["location"] == "/?signInError=OIDC_FLOW_INVALID"
    cookies = done.headers.get_list("set-cookie")
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in cookies)
