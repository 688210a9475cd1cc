"""What every service asks of auth over gRPC: public signing keys, whom an API key stands for, which sessions ended."""

from collections.abc import Mapping
from typing import Any

import grpc

from loupe.auth.v1 import (
    api_key_service_pb2,
    api_key_service_pb2_grpc,
    key_service_pb2,
    key_service_pb2_grpc,
    session_service_pb2,
    session_service_pb2_grpc,
    user_pb2,
)
from loupe_kit import ids, status
from loupe_kit.authentication import Authenticator, CachedApiKeyResolver
from loupe_kit.caller import Caller, CallerKind, Role
from loupe_kit.clock import Clock
from loupe_kit.errors import Unauthenticated
from loupe_kit.revocations import CurrentClaims, RevocationList, Revocations
from loupe_kit.tokens import AccessTokenVerifier, ServiceTokens

_DEADLINE_SECONDS = 5.0
# Calls may be waiting for the answer.
_REVOCATIONS_DEADLINE_SECONDS = 2.0


def remote_authenticator(
    channel: grpc.aio.Channel, service_tokens: ServiceTokens, *, clock: Clock | None = None
) -> Authenticator:
    """Returns what tells callers apart in a process that has no auth of its own.

    Args:
        channel: To auth, with a service token.
        service_tokens: Checks the tokens of other services.
        clock: Dates tokens and answers.
    """
    return Authenticator(
        access_tokens=AccessTokenVerifier(
            GrpcKeySource(channel), clock=clock, revocations=RevocationList(GrpcRevocationSource(channel), clock)
        ),
        service_tokens=service_tokens,
        api_keys=CachedApiKeyResolver(GrpcApiKeyResolver(channel), clock=clock),
    )


class GrpcKeySource:
    """Signing keys as auth publishes them.

    Args:
        channel: To auth.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: key_service_pb2_grpc.KeyServiceAsyncStub = key_service_pb2_grpc.KeyServiceStub(channel)

    async def jwks(self) -> Mapping[str, Any]:
        """Returns the JSON Web Key Set.

        Raises:
            LoupeError: auth does not answer.
        """
        try:
            answer = await self._stub.ListSigningKeys(
                key_service_pb2.ListSigningKeysRequest(), timeout=_DEADLINE_SECONDS, wait_for_ready=True
            )
        except grpc.aio.AioRpcError as error:
            raise status.from_rpc_error(error) from error
        names = ("kty", "crv", "x", "kid", "alg", "use")
        return {"keys": [{name: getattr(key, name) for name in names} for key in answer.keys]}


class GrpcRevocationSource:
    """Ended sessions and changed claims as auth knows them; wrap it in a `RevocationList`.

    Args:
        channel: To auth, with a service token: the RPC is closed to everybody else.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: session_service_pb2_grpc.SessionServiceAsyncStub = session_service_pb2_grpc.SessionServiceStub(
            channel
        )

    async def revocations(self) -> Revocations:
        """Returns the list as it is now.

        Raises:
            LoupeError: auth does not answer.
        """
        request = session_service_pb2.ListRevocationsRequest()
        try:
            answer = await self._stub.ListRevocations(request, timeout=_REVOCATIONS_DEADLINE_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise status.from_rpc_error(error) from error
        return Revocations(
            ended_sessions=frozenset(map(str, ids.unpack_ids(answer.ended_sessions))),
            claims={
                _last(claims.user): CurrentClaims(_last(claims.department) or None, _role(claims.role))
                for claims in answer.claims
            },
        )


class GrpcApiKeyResolver:
    """API keys as auth knows them; wrap it in a `CachedApiKeyResolver`.

    Args:
        channel: To auth, with a service token: the RPC is closed to everybody else.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: api_key_service_pb2_grpc.ApiKeyServiceAsyncStub = api_key_service_pb2_grpc.ApiKeyServiceStub(
            channel
        )

    async def resolve(self, api_key: str) -> Caller:
        """Returns the caller that the key stands for.

        Raises:
            Unauthenticated: The key is unknown, revoked or expired.
            LoupeError: auth does not answer.
        """
        request = api_key_service_pb2.ResolveApiKeyRequest(secret=api_key)
        try:
            answer = await self._stub.ResolveApiKey(request, timeout=_DEADLINE_SECONDS, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:
                raise Unauthenticated(error.details() or "The API key does not hold.") from error
            raise status.from_rpc_error(error) from error
        return _caller(answer)


def _caller(answer: api_key_service_pb2.ResolveApiKeyResponse) -> Caller:
    projects = frozenset(_last(name) for name in answer.api_key.projects)
    return Caller(
        kind=CallerKind.API_KEY,
        id=_last(answer.owner.name),
        display_name=answer.api_key.display_name,
        department_id=_last(answer.owner.department) or None,
        role=_role(answer.owner.role),
        scopes=frozenset(answer.api_key.scopes),
        key_projects=projects or None,
        key_id=_last(answer.api_key.name),
    )


def _role(value: user_pb2.Role.ValueType) -> Role:
    return Role(user_pb2.Role.Name(value).removeprefix("ROLE_"))


def _last(name: str) -> str:
    return name.rpartition("/")[2]
