"""Departments, people, API keys, signing keys, the audit."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import api_key_service_pb2 as api_key
from loupe.auth.v1 import audit_service_pb2 as audit
from loupe.auth.v1 import department_service_pb2 as department
from loupe.auth.v1 import key_service_pb2 as signing
from loupe.auth.v1 import user_pb2
from loupe.auth.v1 import user_service_pb2 as user
from loupe_auth.bootstrap import bootstrap
from loupe_auth.settings import AuthSettings
from loupe_kit import ids
from loupe_kit.auth_client import GrpcApiKeyResolver, GrpcKeySource
from loupe_kit.authentication import Authenticator
from loupe_kit.caller import CallerKind
from loupe_kit.channels import open_channel
from loupe_kit.errors import Code, Unauthenticated
from loupe_kit.testing import SERVICE_TOKEN_KEY, FakeClock, bearer, running_server
from loupe_kit.tokens import AccessTokenVerifier, ServiceTokens
from tests.integration.auth.conftest import ADMIN, PASSWORD, Auth
from tests.integration.auth.test_account_journey import ADA, refusal

PROJECT = "projects/01890a5d-ac96-774b-bcce-b302099a8057"


async def test_departments__administrators_change_them(auth: Auth) -> None:
    admin = await auth.as_person(ADMIN)
    wanted = department.CreateDepartmentRequest(department=department.Department(display_name="Quality"))
    made = await auth.departments.CreateDepartment(wanted, metadata=admin)
    taken = department.CreateDepartmentRequest(department=department.Department(display_name="QUALITY "))
    assert (await refusal(auth.departments.CreateDepartment(taken, metadata=admin))).reason == "DEPARTMENT_NAME_TAKEN"

    changed = department.Department(name=made.name, display_name="Quality Lab", etag=made.etag)
    renamed = await auth.departments.UpdateDepartment(
        department.UpdateDepartmentRequest(department=changed), metadata=admin
    )
    assert (renamed.display_name, renamed.etag) == ("Quality Lab", "2")
    stale = await refusal(
        auth.departments.UpdateDepartment(department.UpdateDepartmentRequest(department=changed), metadata=admin)
    )
    assert stale.reason == "ETAG_MISMATCH"

    await auth.sign_up(ADA)
    await auth.accounts.UpdateMe(account.UpdateMeRequest(user=user_pb2.User(department=made.name)), metadata=admin)
    delete = department.DeleteDepartmentRequest(name=made.name)
    full = await refusal(auth.departments.DeleteDepartment(delete, metadata=admin))
    assert (full.reason, full.metadata["user_count"]) == ("DEPARTMENT_NOT_EMPTY", "1")
    member = await auth.as_person(ADA)
    denied = await refusal(auth.departments.DeleteDepartment(delete, metadata=member))
    assert (denied.code, denied.reason) == (Code.PERMISSION_DENIED, "ADMINISTRATOR_REQUIRED")

    mask = account.UpdateMeRequest(user=user_pb2.User())
    mask.update_mask.paths.append("department")
    await auth.accounts.UpdateMe(mask, metadata=admin)
    await auth.departments.DeleteDepartment(delete, metadata=admin)
    assert not (await auth.departments.ListDepartments(department.ListDepartmentsRequest())).departments


async def test_users__are_found_by_part_of_the_name_and_keep_their_address(auth: Auth) -> None:
    for number, name in enumerate(("Ada Lovelace", "Bo Adams", "Çelik 50%", "김민준")):
        await auth.sign_up(f"p{number}@plant.example", name)
    me = await auth.as_person("p0@plant.example")

    async def names(text: str) -> list[str]:
        found = await auth.users.ListUsers(user.ListUsersRequest(display_name_contains=text), metadata=me)
        assert all(bool(person.email) == (person.display_name == "Ada Lovelace") for person in found.users)
        return [person.display_name for person in found.users]

    assert await names("ADA") == ["Ada Lovelace", "Bo Adams"]
    assert await names("çelik") == ["Çelik 50%"]
    assert await names("%") == ["Çelik 50%"]
    assert await names("민") == ["김민준"]
    seen = await auth.users.ListUsers(user.ListUsersRequest(), metadata=await auth.as_person(ADMIN))
    assert all(person.email for person in seen.users)


async def test_users__pages_follow_each_other(auth: Auth) -> None:
    for number in range(5):
        await auth.sign_up(f"p{number}@plant.example", f"Person {number}")
    me = await auth.as_person("p0@plant.example")
    names: list[str] = []
    request = user.ListUsersRequest(page_size=2, display_name_contains="person")
    while True:
        page = await auth.users.ListUsers(request, metadata=me)
        names += [person.display_name for person in page.users]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    request.page_token = request.page_token or page.next_page_token
    request.display_name_contains = "other"

    assert names == [f"Person {number}" for number in range(5)]
    assert (await refusal(auth.users.ListUsers(request, metadata=me))).reason == "PAGE_TOKEN_INVALID"


async def test_users__anonymous_sees_nobody(auth: Auth) -> None:
    assert (await refusal(auth.users.ListUsers(user.ListUsersRequest()))).code is Code.UNAUTHENTICATED


async def test_api_key__works_as_a_caller_of_another_service_until_revoked(auth: Auth) -> None:
    person = (await auth.sign_up(ADA)).user
    me = await auth.as_person(ADA)
    wish = api_key.ApiKey(display_name="camera PC", scopes=["upload", "read"], projects=[PROJECT])
    made = await auth.keys.CreateApiKey(api_key.CreateApiKeyRequest(api_key=wish), metadata=me)

    tokens = ServiceTokens(SERVICE_TOKEN_KEY, auth.clock)
    async with _service_channel(auth, tokens) as channel:
        other = Authenticator(
            access_tokens=AccessTokenVerifier(GrpcKeySource(auth.channel), clock=auth.clock),
            api_keys=GrpcApiKeyResolver(channel),
        )
        caller = await other.authenticate(f"Bearer {made.secret}")
        assert caller.kind is CallerKind.API_KEY
        assert f"users/{caller.id}" == person.name
        assert caller.scopes == {"read", "upload"}
        assert caller.key_projects == frozenset({PROJECT.removeprefix("projects/")})
        assert f"apiKeys/{caller.key_id}" == made.api_key.name
        # Where all services are one process, auth's own resolver serves them all.
        assert await auth.authenticator.authenticate(f"Bearer {made.secret}") == caller
        itself = await other.authenticate(me[0][1])
        assert (itself.kind, itself.display_name) == (CallerKind.USER, "Ada Lovelace")

        with pytest.raises(Unauthenticated):
            await other.authenticate(f"Bearer {made.secret[:-1]}0")
        await auth.keys.RevokeApiKey(api_key.RevokeApiKeyRequest(name=made.api_key.name), metadata=me)
        with pytest.raises(Unauthenticated):
            await other.authenticate(f"Bearer {made.secret}")

    listed = await auth.keys.ListApiKeys(api_key.ListApiKeysRequest(), metadata=me)
    assert [key.state for key in listed.api_keys] == [api_key.ApiKey.STATE_REVOKED]
    assert listed.api_keys[0].HasField("last_use_time")


def _service_channel(auth: Auth, tokens: ServiceTokens) -> grpc.aio.Channel:
    return open_channel(auth.target, lambda: tokens.issue("project"))


async def test_api_key__calls_auth_itself_but_makes_no_keys(auth: Auth) -> None:
    await auth.sign_up(ADA)
    me = await auth.as_person(ADA)
    wish = api_key.CreateApiKeyRequest(api_key=api_key.ApiKey(display_name="reader", scopes=["read"]))
    made = await auth.keys.CreateApiKey(wish, metadata=me)
    key = bearer(made.secret)

    assert (await auth.users.ListUsers(user.ListUsersRequest(), metadata=key)).users
    assert (await refusal(auth.keys.CreateApiKey(wish, metadata=key))).code is Code.PERMISSION_DENIED
    uploader = api_key.CreateApiKeyRequest(api_key=api_key.ApiKey(display_name="camera", scopes=["upload"]))
    camera = bearer((await auth.keys.CreateApiKey(uploader, metadata=me)).secret)
    assert (await refusal(auth.users.ListUsers(user.ListUsersRequest(), metadata=camera))).metadata["scope"] == "read"
    auth.later(days=366)
    expired = await refusal(auth.users.ListUsers(user.ListUsersRequest(), metadata=key))
    assert expired.code is Code.UNAUTHENTICATED


async def test_api_key__a_repeat_makes_no_second_key_and_shows_no_secret(auth: Auth) -> None:
    await auth.sign_up(ADA)
    me = await auth.as_person(ADA)
    wish = api_key.CreateApiKeyRequest(
        api_key=api_key.ApiKey(display_name="reader", scopes=["read"]), request_id=str(uuid.uuid4())
    )

    first = await auth.keys.CreateApiKey(wish, metadata=me)
    again = await auth.keys.CreateApiKey(wish, metadata=me)

    assert first.secret
    assert again == api_key.CreateApiKeyResponse(api_key=first.api_key)
    assert len((await auth.keys.ListApiKeys(api_key.ListApiKeysRequest(), metadata=me)).api_keys) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": []}, "api_key.scopes"),
        ({"scopes": ["everything"]}, "api_key.scopes"),
        ({"display_name": ""}, "api_key.display_name"),
        ({"projects": ["projects/mine"]}, "api_key.projects"),
        ({"expire_time": Timestamp(seconds=1)}, "api_key.expire_time"),
    ],
)
async def test_create_api_key__names_the_field_at_fault(auth: Auth, change: dict[str, Any], field: str) -> None:
    await auth.sign_up(ADA)
    wish: dict[str, Any] = {"display_name": "reader", "scopes": ["read"]} | change

    error = await refusal(
        auth.keys.CreateApiKey(
            api_key.CreateApiKeyRequest(api_key=api_key.ApiKey(**wish)), metadata=await auth.as_person(ADA)
        )
    )

    assert (error.code, [violation.field for violation in error.fields]) == (Code.INVALID_ARGUMENT, [field])


async def test_resolve_api_key__is_closed_to_people(auth: Auth) -> None:
    denied = await refusal(
        auth.keys.ResolveApiKey(api_key.ResolveApiKeyRequest(secret="lp_x_y"), metadata=await auth.as_person(ADMIN))
    )
    invalid = await refusal(
        auth.keys.ResolveApiKey(api_key.ResolveApiKeyRequest(secret="lp_x_y"), metadata=auth.as_service())
    )

    assert denied.code is Code.PERMISSION_DENIED
    assert invalid.reason == "API_KEY_INVALID"


async def test_get_api_key__tells_services_that_it_was_revoked(auth: Auth) -> None:
    await auth.sign_up(ADA)
    as_ada = await auth.as_person(ADA)
    wish = api_key.ApiKey(display_name="camera", scopes=["upload"])
    name = (await auth.keys.CreateApiKey(api_key.CreateApiKeyRequest(api_key=wish), metadata=as_ada)).api_key.name
    request = api_key.GetApiKeyRequest(name=name)

    before = await auth.keys.GetApiKey(request, metadata=auth.as_service())
    await auth.keys.RevokeApiKey(api_key.RevokeApiKeyRequest(name=name), metadata=as_ada)
    after = await auth.keys.GetApiKey(request, metadata=auth.as_service())

    assert (before.state, after.state) == (api_key.ApiKey.STATE_ACTIVE, api_key.ApiKey.STATE_REVOKED)
    assert (await refusal(auth.keys.GetApiKey(request, metadata=as_ada))).code is Code.PERMISSION_DENIED
    unknown = api_key.GetApiKeyRequest(name=f"apiKeys/{ids.new_id()}")
    assert (await refusal(auth.keys.GetApiKey(unknown, metadata=auth.as_service()))).reason == "API_KEY_NOT_FOUND"


async def test_signing_keys__are_published_and_replaced_in_time(auth: Auth) -> None:
    before = (await auth.signing.ListSigningKeys(signing.ListSigningKeysRequest())).keys
    auth.later(days=32)
    after = (await auth.signing.ListSigningKeys(signing.ListSigningKeysRequest())).keys

    assert [(key.kty, key.crv, key.alg, key.use) for key in before] == [("OKP", "Ed25519", "Ed25519", "sig")]
    assert [key.kid for key in after] != [key.kid for key in before]
    tokens = await auth.sign_in(ADMIN)
    await auth.accounts.GetMe(account.GetMeRequest(), metadata=bearer(tokens.access_token))


async def test_audit__tells_administrators_who_did_what(auth: Auth) -> None:
    person = (await auth.sign_up(ADA)).user
    await refusal(auth.accounts.SignIn(account.SignInRequest(email=ADA, password="not the password")))
    me = await auth.as_person(ADA)
    admin = await auth.as_person(ADMIN)

    request = audit.ListAuditEventsRequest(action="account.*", page_size=3)
    newest = await auth.audit.ListAuditEvents(request, metadata=admin)
    own = await auth.audit.ListAuditEvents(audit.ListAuditEventsRequest(actor=person.name), metadata=admin)
    failed = audit.ListAuditEventsRequest(outcome=audit.AuditEvent.OUTCOME_REFUSED)
    refused = (await auth.audit.ListAuditEvents(failed, metadata=admin)).audit_events
    denied = await refusal(auth.audit.ListAuditEvents(request, metadata=me))

    assert newest.next_page_token
    assert [event.action for event in own.audit_events] == ["account.sign_in", "account.verify_email"]
    assert [(event.action, event.reason, event.details["email"]) for event in refused] == [
        ("account.sign_in", "INVALID_CREDENTIALS", ADA)
    ]
    assert refused[0].client_address == "127.0.0.1"
    assert denied.reason == "ADMINISTRATOR_REQUIRED"
    assert PASSWORD not in str(newest) + str(own)


async def test_restart__keeps_sessions_keys_and_accounts(settings: AuthSettings) -> None:
    clock = FakeClock()
    tokens = None
    for _ in range(2):
        service = bootstrap(settings, clock=clock)
        await service.start()
        async with running_server(service.registrations, authenticator=service.resources["authenticator"]) as server:
            authenticator = service.resources["authenticator"]
            auth = Auth(server.channel, server.target, settings.mailbox, clock, authenticator)
            if tokens is None:
                tokens = await auth.sign_in(ADMIN)
            me = await auth.accounts.GetMe(account.GetMeRequest(), metadata=bearer(tokens.access_token))
            assert me.role == user_pb2.ROLE_ADMINISTRATOR
        await service.stop()
        clock.advance(timedelta(minutes=2))
