"""The JSON of each resource, as clients in the field read it: a change here is a change of the contract."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message

from loupe.auth.v1 import account_service_pb2, api_key_service_pb2
from loupe_auth import convert
from loupe_auth.domain.audit import Outcome
from loupe_auth.domain.signing_keys import SigningKey
from loupe_auth.use_cases.opening import SessionTokens
from loupe_kit.caller import Role
from tests.contract.auth import factories
from tests.contract.auth.factories import NOW

GOLDEN = Path(__file__).parent / "golden"
ID = "019b7a3c-7d4b-7000-8000-00000000000{}".format

QUALITY = factories.department(id=ID(1))
ADA = factories.user("Ada", id=ID(2), email="ada@plant.example", department=QUALITY, role=Role.SUPERVISOR)
SESSION = factories.session(ADA, id=ID(3))
KEY = factories.api_key(ADA, id=ID(4), project_ids=(ID(5),), last_use_time=NOW, revoke_time=NOW + timedelta(seconds=1))
RESOURCES: dict[str, Message] = {
    "user": convert.user(ADA, show_private=True),
    "user_for_others": convert.user(ADA, show_private=False),
    "department": convert.department(QUALITY),
    "session_tokens": convert.session_tokens(
        SessionTokens(SESSION, ADA, "<jwt>", NOW + timedelta(minutes=10), "lr_<text>", NOW + timedelta(days=14))
    ),
    "api_key": convert.api_key(KEY, NOW),
    "resolved_api_key": api_key_service_pb2.ResolveApiKeyResponse(
        api_key=convert.api_key(KEY, NOW), owner=convert.user(ADA, show_private=True)
    ),
    "json_web_key": convert.json_web_key(SigningKey("<kid>", "<private half>", "<public half>", NOW)),
    "audit_event": convert.audit_event(
        factories.audit_event(id=ID(6), outcome=Outcome.REFUSED, reason="INVALID_CREDENTIALS")
    ),
    "sign_up_response": account_service_pb2.SignUpResponse(
        verification=ID(7),
        code_expire_time=convert.timestamp(NOW + timedelta(minutes=10)),
        resend_time=convert.timestamp(NOW + timedelta(minutes=1)),
    ),
}


@pytest.mark.parametrize("name", RESOURCES)
def test_wire__json_is_the_golden_one(name: str) -> None:
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))

    assert json_format.MessageToDict(RESOURCES[name]) == golden


@pytest.mark.parametrize("name", RESOURCES)
def test_wire__golden_json_is_read_back(name: str) -> None:
    text = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")

    assert json_format.Parse(text, type(RESOURCES[name])()) == RESOURCES[name]


def test_wire__private_half_stays_here() -> None:
    assert "<private half>" not in str(RESOURCES)


def test_wire__secret_fields_are_marked() -> None:
    marked = {
        f"{message.name}.{field.name}"
        for contract in (account_service_pb2, api_key_service_pb2)
        for message in contract.DESCRIPTOR.message_types_by_name.values()
        for field in message.fields
        if field.GetOptions().debug_redact
    }

    assert marked == {
        "ChangePasswordRequest.current_password",
        "ChangePasswordRequest.new_password",
        "CreateApiKeyResponse.secret",
        "RefreshSessionRequest.refresh_token",
        "ResetPasswordRequest.code",
        "ResetPasswordRequest.new_password",
        "ResolveApiKeyRequest.secret",
        "RotateApiKeyResponse.secret",
        "SessionTokens.access_token",
        "SessionTokens.device_token",
        "SessionTokens.refresh_token",
        "SignInRequest.device_token",
        "SignInRequest.password",
        "SignOutRequest.refresh_token",
        "SignUpRequest.password",
        "VerifyEmailRequest.code",
    }
