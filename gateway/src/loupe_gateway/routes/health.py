"""Health of the gateway: alive, and ready once every service answers."""

import asyncio
from http import HTTPStatus

import grpc
from grpc_health.v1 import health_pb2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loupe_gateway.clients import Clients

_DEADLINE_SECONDS = 2.0


class HealthRoutes:
    """Answers probes."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    async def live(self, _request: Request) -> Response:
        """Answers as long as the process does."""
        return JSONResponse({"status": "alive"})

    async def ready(self, _request: Request) -> Response:
        """Answers 200 when every service serves, else 503 with the state of each."""
        names = sorted(self._clients.channels)
        states = await asyncio.gather(*(self._state(name) for name in names))
        serving = all(state == "SERVING" for state in states)
        code = HTTPStatus.OK if serving else HTTPStatus.SERVICE_UNAVAILABLE
        return JSONResponse({"ready": serving, "services": dict(zip(names, states, strict=True))}, code)

    async def _state(self, package: str) -> str:
        check = self._clients.channels[package].unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        service = _FIRST_SERVICE[package]
        try:
            answer = await check(health_pb2.HealthCheckRequest(service=service), timeout=_DEADLINE_SECONDS)
        except grpc.aio.AioRpcError as error:
            return error.code().name
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)


# A process serves all or none of its services, so one of each package speaks for it.
_FIRST_SERVICE = {
    "loupe.auth.v1": "loupe.auth.v1.AccountService",
    "loupe.project.v1": "loupe.project.v1.ProjectService",
    "loupe.inference.v1": "loupe.inference.v1.ModelService",
    "loupe.reduction.v1": "loupe.reduction.v1.ReductionService",
}
