"""Credentials that are forged, altered, or of another time: both doors stay shut and say nothing about why."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from pydantic import SecretStr

from loupe.auth.v1 import account_service_pb2 as account
from loupe.auth.v1 import api_key_service_pb2 as api_key
from loupe.project.v1 import project_service_pb2 as project
from loupe.project.v1 import result_service_pb2 as result
from loupe_gateway import contracts
from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.clock import SystemClock
from loupe_kit.testing import FakeClock
from loupe_kit.tokens import ServiceTokens, issue_access_token
from tests.access.identities import Identity
from tests.access.world import METHODS, World

pytestmark = pytest.mark.timeout(240)
_NOW = SystemClock().now()
_ANOTHER_KEY = OKPKey.generate_key("Ed25519", {"kid": "another"})
_GET_PROJECT = next(binding for binding in contracts.http_bindings() if binding.method.name == "GetProject")


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, claims, signature = token.split(".")
    return _decoded(header), _decoded(claims), signature


def _decoded(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def _encoded(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def _person(world: World) -> Caller:
    owner = world.users[Identity.OWNER].rpartition("/")[2]
    return Caller(kind=CallerKind.USER, id=owner, role=Role.ADMINISTRATOR, session_id=owner)


def _owner_token(world: World) -> str:
    return world.sessions[Identity.OWNER].access_token


def _with_claim(world: World, **changed: object) -> str:
    header, claims, signature = _parts(_owner_token(world))
    return f"{_encoded(header)}.{_encoded(claims | changed)}.{signature}"


def _unsigned(world: World, algorithm: str) -> str:
    header, claims, _ = _parts(_owner_token(world))
    return f"{_encoded(header | {'alg': algorithm})}.{_encoded(claims)}."


def _signed_with_public_key(world: World) -> str:
    # The classic: what is public (the key's id) as secret of a symmetric algorithm.
    header, claims, _ = _parts(_owner_token(world))
    key = OctKey.import_key(header["kid"].ljust(32, "="))
    return jwt.encode(header | {"alg": "HS256"}, claims, key, algorithms=["HS256"])


def _key_taken_from_the_token(world: World) -> str:
    header, claims, _ = _parts(_owner_token(world))
    carried = header | {"jwk": _ANOTHER_KEY.as_dict(private=False)}
    registry = jwt.encode({"alg": "Ed25519"}, claims, _ANOTHER_KEY, algorithms=["Ed25519"])
    return f"{_encoded(carried)}.{_encoded(claims)}.{registry.split('.')[2]}"


def _own_kid(world: World) -> str:
    header, _, _ = _parts(_owner_token(world))
    key = OKPKey.generate_key("Ed25519", {"kid": header["kid"]})
    return issue_access_token(key, _person(world), SystemClock())


def _service_token(world: World, hours: int = 0) -> str:
    clock = FakeClock(_NOW + timedelta(hours=hours))
    return ServiceTokens(world.service_key(), clock).issue("project")


def _service_token_as_access_token(world: World) -> str:
    claims = _parts(_service_token(world))[1] | {"sub": world.users[Identity.OWNER].rpartition("/")[2]}
    key = OctKey.import_key("k" * 48)
    return jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": "service"}, claims, key, algorithms=["HS256"])


def _capitals(key: str) -> str:
    head, _, secret = key.rpartition("_")
    return f"{head}_{secret.upper()}"


TOKENS: dict[str, Callable[[World], str]] = {
    "no token": lambda world: "let me in",
    "dots": lambda world: "..",
    "cut off": lambda world: _owner_token(world)[:-8],
    "signature altered": lambda world: _owner_token(world)[:-8] + "AAAAAAAA",
    "role altered": lambda world: _with_claim(world, role="ADMINISTRATOR"),
    "person altered": lambda world: _with_claim(world, sub=world.users[Identity.ADMINISTRATOR].rpartition("/")[2]),
    "expiry altered": lambda world: _with_claim(world, exp=4_000_000_000),
    "algorithm none": lambda world: _unsigned(world, "none"),
    "algorithm NONE": lambda world: _unsigned(world, "NONE"),
    "algorithm empty": lambda world: _unsigned(world, ""),
    "algorithm symmetric": _signed_with_public_key,
    "another key": lambda world: issue_access_token(_ANOTHER_KEY, _person(world), SystemClock()),
    "another key under the known name": _own_kid,
    "key inside the token": _key_taken_from_the_token,
    "very long": lambda world: _owner_token(world) + "A" * 5_000,
    "refresh token": lambda world: world.sessions[Identity.OWNER].refresh_token,
    "service token of another key": lambda world: ServiceTokens(SecretStr("k" * 48)).issue("project"),
    "service token of the past": lambda world: _service_token(world, hours=-1),
    "service token without signature": lambda world: _service_token(world).rpartition(".")[0] + ".",
    "service token for a person": _service_token_as_access_token,
}
KEYS: dict[str, Callable[[World], str]] = {
    "no key": lambda world: "lp_",
    "another form": lambda world: "lp_1_2_3",
    "unknown id": lambda world: f"lp_01890a5d-ac96-774b-bcce-b302099a8057_{'0' * 48}",
    "known id, guessed secret": lambda world: f"{world.keys['all'].rpartition('_')[0]}_{'0' * 48}",
    "known id, no secret": lambda world: f"{world.keys['all'].rpartition('_')[0]}_",
    "secret cut off": lambda world: world.keys["all"][:-1],
    "secret in capitals": lambda world: _capitals(world.keys["all"]),
    "secret of another key": lambda world: "_".join(
        [*world.keys["all"].split("_")[:2], world.keys["elsewhere"].split("_")[2]]
    ),
    "very long": lambda world: world.keys["all"] + "0" * 5_000,
}


async def _texts(world: World, credential: str) -> set[str]:
    """Knocks at both doors, and at that of Loupe's own services; returns what was said."""
    request = project.GetProjectRequest(name=world.project)
    async with world.visit() as visit:
        answers = [
            await visit.grpc.call(METHODS["ProjectService.GetProject"], [request], credential),
            await visit.grpc.call(METHODS["AccountService.GetMe"], [account.GetMeRequest()], credential),
            await visit.grpc.call(METHODS["ResultService.ReportResults"], [result.ReportResultsRequest()], credential),
            await visit.http.call(_GET_PROJECT, request, {"authorization": f"Bearer {credential}"}),
        ]
    assert {answer.outcome for answer in answers} == {"UNAUTHENTICATED"}
    return {answer.text for answer in answers}


@pytest.mark.parametrize("forge", TOKENS.values(), ids=TOKENS.keys())
async def test_token__that_does_not_hold_is_refused_with_one_text(forge: Callable[[World], str], world: World) -> None:
    assert await _texts(world, forge(world)) == await _texts(world, "not a token")


@pytest.mark.parametrize("forge", KEYS.values(), ids=KEYS.keys())
async def test_key__that_does_not_hold_is_refused_with_one_text(forge: Callable[[World], str], world: World) -> None:
    assert await _texts(world, forge(world)) == await _texts(world, "lp_not-a-key")


async def test_key__that_was_revoked_is_refused_as_one_that_never_was(world: World) -> None:
    async with world.visit() as visit:
        made = await visit.new_api_key(("read",), [world.project])
        request = api_key.RevokeApiKeyRequest(name=made.api_key.name)
        await visit.ask(Identity.OWNER, "ApiKeyService.RevokeApiKey", request)

    assert await _texts(world, made.secret) == await _texts(world, "lp_not-a-key")


@pytest.mark.parametrize("credential", ["session cookie", "header"])
async def test_cookie__that_does_not_hold_makes_nobody_of_its_bearer(credential: str, world: World) -> None:
    forged = issue_access_token(_ANOTHER_KEY, _person(world), SystemClock())
    headers = {
        "session cookie": {"cookie": f"loupe_access={forged}; loupe_refresh=lr_{'0' * 43}"},
        "header": {"authorization": f"Basic {forged}"},
    }[credential]
    async with world.visit() as visit:
        answer = await visit.http.call(_GET_PROJECT, project.GetProjectRequest(name=world.project), headers)

    assert answer.outcome == "UNAUTHENTICATED"
