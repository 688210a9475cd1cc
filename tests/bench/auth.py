"""Sign-ins per second at the argon2id setting, what a token check costs a request, and what silent renewal adds.

Everything runs in this process over loopback gRPC with the standalone profile's SQLite; medians of several rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from pydantic import SecretStr

from loupe.auth.v1 import account_service_pb2 as pb
from loupe.auth.v1 import account_service_pb2_grpc
from loupe_auth.adapters.argon2 import MEMORY_KIB, TIME_COST
from loupe_auth.bootstrap import bootstrap
from loupe_auth.settings import AuthSettings
from loupe_gateway.app import create_app
from loupe_gateway.clients import open_clients
from loupe_gateway.settings import GatewaySettings
from loupe_kit import telemetry
from loupe_kit.authentication import Authenticator
from loupe_kit.testing import running_server

ADMIN = "chief@plant.example"
PASSWORD = "seven green bicycles"


async def sign_ins_per_second(
    target: account_service_pb2_grpc.AccountServiceAsyncStub, count: int, at_once: int
) -> float:
    """Returns how many people sign in within a second when `at_once` try at the same time."""
    turns = asyncio.Semaphore(at_once)

    async def sign_in() -> None:
        async with turns:
            await target.SignIn(pb.SignInRequest(email=ADMIN, password=PASSWORD))

    begun = time.perf_counter()
    await asyncio.gather(*(sign_in() for _ in range(count)))
    return count / (time.perf_counter() - begun)


async def check_microseconds(authenticator: Authenticator, token: str, count: int) -> float:
    """Returns what it takes to turn the header of a request into its caller, sessions that ended included."""
    header = f"Bearer {token}"
    begun = time.perf_counter()
    for _ in range(count):
        await authenticator.authenticate(header)
    return (time.perf_counter() - begun) / count * 1e6


async def milliseconds(call: Callable[[], Awaitable[httpx.Response]]) -> float:
    """Returns how long one request takes."""
    begun = time.perf_counter()
    response = await call()
    took = (time.perf_counter() - begun) * 1e3
    assert response.status_code == 200, response.text
    return took


async def renewal(target: str, rounds: int) -> tuple[float, float]:
    """Returns the median of a request with a valid access cookie, and of one whose access cookie has run out."""
    clients = open_clients(
        GatewaySettings(auth_target=target, project_target=target, inference_target=target, reduction_target=target)
    )
    transport = httpx.ASGITransport(create_app(clients))
    valid, expired = [], []
    async with httpx.AsyncClient(transport=transport, base_url="http://loupe") as browser:
        answer = await browser.post("/v1/account:signIn", json={"email": ADMIN, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        for _ in range(rounds):
            valid.append(await milliseconds(lambda: browser.get("/v1/me")))
            # A browser drops a cookie when it runs out; the refresh cookie stays.
            browser.cookies.delete("loupe_access")
            expired.append(await milliseconds(lambda: browser.get("/v1/me")))
    await clients.close()
    return statistics.median(valid), statistics.median(expired)


async def measure(folder: Path, rounds: int) -> dict[str, object]:
    """Returns every figure."""
    settings = AuthSettings(
        data_dir=folder,
        service_token_key=SecretStr("only for this measurement, and long enough"),
        admin_email=ADMIN,
        admin_password=SecretStr(PASSWORD),
    )
    service = bootstrap(settings)
    await service.start()
    authenticator: Authenticator = service.resources["authenticator"]
    async with running_server(service.registrations, authenticator=authenticator) as server:
        accounts = account_service_pb2_grpc.AccountServiceStub(server.channel)
        at_once = 2 * settings.hash_concurrency
        speeds = [await sign_ins_per_second(accounts, 20, at_once) for _ in range(rounds)]
        token = (await accounts.SignIn(pb.SignInRequest(email=ADMIN, password=PASSWORD))).access_token
        checks = [await check_microseconds(authenticator, token, 2000) for _ in range(rounds)]
        valid, expired = await renewal(server.target, 20 * rounds)
    await service.stop()
    return {
        "argon2id": f"{MEMORY_KIB} KiB, {TIME_COST} passes, {settings.hash_concurrency} at once",
        "sign_ins_per_second": round(statistics.median(speeds), 1),
        "token_check_us": round(statistics.median(checks), 1),
        "request_ms": round(valid, 2),
        "request_with_renewal_ms": round(expired, 2),
        "renewal_overhead_ms": round(expired - valid, 2),
    }


def main() -> None:
    """Prints the figures as one JSON object."""
    parser = argparse.ArgumentParser(prog="make bench NAME=auth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each figure is taken")
    rounds = parser.parse_args().rounds
    telemetry.configure("bench", level="ERROR")
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), rounds))))


if __name__ == "__main__":
    main()
