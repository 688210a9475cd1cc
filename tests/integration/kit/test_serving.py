import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from loupe_kit.channels import open_channel
from loupe_kit.server import LIVE
from loupe_kit.service import Service
from loupe_kit.serving import build_server, report_readiness
from loupe_kit.testing import SigningKeys
from tests.integration.kit import echo

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def health(channel: grpc.aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    answer = await stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=60, wait_for_ready=True)
    return int(answer.status)


async def test_readiness__decides_what_health_says() -> None:
    state: dict[str, bool | Exception] = {"answer": False}

    async def readiness() -> bool:
        answer = state["answer"]
        if isinstance(answer, Exception):
            raise answer
        return answer

    services = [Service("echo", [echo.registration()], readiness=readiness)]
    server = build_server(services, SigningKeys().authenticator(), "127.0.0.1:0")
    await server.start()
    try:
        async with open_channel(server.target) as channel:
            assert await health(channel, echo.SERVICE) == NOT_SERVING
            # Nothing is ready, and nothing is a reason to start the process again.
            assert await health(channel, LIVE) == SERVING
            for answer, expected in ((False, NOT_SERVING), (True, SERVING), (OSError("gone"), NOT_SERVING)):
                state["answer"] = answer
                assert await report_readiness(server, services) == (expected == SERVING)
                assert await health(channel, echo.SERVICE) == await health(channel, "") == expected
    finally:
        await server.stop()


async def test_serve__sigterm_ends_it_in_order(tmp_path: Path) -> None:
    address = f"unix:{tmp_path}/s"
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.integration.kit.echo_program", address),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with open_channel(address) as channel, asyncio.timeout(60):
            while await health(channel, echo.SERVICE) != SERVING:  # noqa: ASYNC110 - in another process
                await asyncio.sleep(0.05)
            assert (await echo.call(channel, "Public", ["hello"]))[0].startswith("hello|ANONYMOUS")
            program.send_signal(signal.SIGTERM)
            out, err = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    assert program.returncode == 0
    assert out == b"stores closed\n"
    logged = [json.loads(line) for line in err.splitlines()]
    assert [line["event"] for line in logged] == ["listening", "rpc", "stopping"]
    assert logged[1]["code"] == "OK"
