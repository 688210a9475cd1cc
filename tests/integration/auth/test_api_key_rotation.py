"""Rotation of API keys: two secrets for a while, then one."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from loupe.auth.v1 import api_key_service_pb2 as pb
from loupe_kit.errors import Unauthenticated
from tests.integration.auth.conftest import ADMIN, Auth, Metadata
from tests.integration.auth.test_account_journey import refusal

ADA = "ada@plant.example"


async def _made(auth: Auth) -> tuple[pb.CreateApiKeyResponse, Metadata]:
    await auth.sign_up(ADA)
    ada = await auth.as_person(ADA)
    wish = pb.ApiKey(display_name="camera PC", scopes=["upload", "analyse"])
    return await auth.keys.CreateApiKey(pb.CreateApiKeyRequest(api_key=wish), metadata=ada), ada


def _in(auth: Auth, step: timedelta) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(auth.clock.now() + step)
    return stamp


async def _works(auth: Auth, secret: str) -> bool:
    try:
        return bool(await auth.authenticator.authenticate(f"Bearer {secret}"))
    except Unauthenticated:
        return False


async def test_rotate__both_secrets_work_until_the_overlap_is_over(auth: Auth) -> None:
    made, ada = await _made(auth)
    request = pb.RotateApiKeyRequest(
        name=made.api_key.name, previous_secret_expire_time=_in(auth, timedelta(days=1)), request_id=str(uuid.uuid4())
    )

    rotated = await auth.keys.RotateApiKey(request, metadata=ada)
    repeated = await auth.keys.RotateApiKey(request, metadata=ada)

    assert rotated.api_key.name == made.api_key.name
    assert rotated.secret not in {made.secret, ""}
    assert (repeated.secret, repeated.api_key) == ("", rotated.api_key)
    assert [await _works(auth, secret) for secret in (made.secret, rotated.secret)] == [True, True]
    auth.later(days=1)
    assert [await _works(auth, secret) for secret in (made.secret, rotated.secret)] == [False, True]
    ada = await auth.as_person(ADA)
    (listed,) = (await auth.keys.ListApiKeys(pb.ListApiKeysRequest(), metadata=ada)).api_keys
    assert not listed.HasField("previous_secret_expire_time")
    assert listed.HasField("last_use_time")


async def test_rotate__again_stops_the_secret_before_the_last_one(auth: Auth) -> None:
    made, ada = await _made(auth)
    request = pb.RotateApiKeyRequest(name=made.api_key.name)
    second = await auth.keys.RotateApiKey(request, metadata=ada)
    third = await auth.keys.RotateApiKey(request, metadata=ada)

    works = [await _works(auth, secret) for secret in (made.secret, second.secret, third.secret)]

    assert works == [False, True, True]


async def test_rotate__without_overlap_and_revoked_within_five_seconds(auth: Auth) -> None:
    made, ada = await _made(auth)
    assert await _works(auth, made.secret)
    request = pb.RotateApiKeyRequest(name=made.api_key.name, previous_secret_expire_time=_in(auth, timedelta(0)))
    rotated = await auth.keys.RotateApiKey(request, metadata=ada)
    auth.later(seconds=5)
    assert [await _works(auth, secret) for secret in (made.secret, rotated.secret)] == [False, True]

    await auth.keys.RevokeApiKey(pb.RevokeApiKeyRequest(name=made.api_key.name), metadata=ada)
    auth.later(seconds=5)

    assert not await _works(auth, rotated.secret)
    assert (await refusal(auth.keys.RotateApiKey(request, metadata=ada))).reason == "API_KEY_NOT_ACTIVE"


async def test_rotate__is_the_owners(auth: Auth) -> None:
    made, _ = await _made(auth)
    request = pb.RotateApiKeyRequest(name=made.api_key.name)

    refused = await refusal(auth.keys.RotateApiKey(request, metadata=await auth.as_person(ADMIN)))

    assert refused.reason == "API_KEY_NOT_FOUND"


@pytest.mark.parametrize(
    ("field", "days"), [("previous_secret_expire_time", 31), ("expire_time", 400), ("expire_time", -1)]
)
async def test_rotate__times_have_their_ranges(auth: Auth, field: str, days: int) -> None:
    made, ada = await _made(auth)
    request = pb.RotateApiKeyRequest(name=made.api_key.name)
    getattr(request, field).CopyFrom(_in(auth, timedelta(days=days)))

    assert (await refusal(auth.keys.RotateApiKey(request, metadata=ada))).fields[0].field == field
