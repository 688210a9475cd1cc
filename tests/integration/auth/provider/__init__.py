"""Starts the identity provider of the tests: npm's `oidc-provider`."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

PACKAGE = "oidc-provider@9.13.3"
SCRIPT = Path(__file__).parent / "provider.mjs"
CLIENT_ID = "loupe"
CLIENT_SECRET = "the client's secret: 100% + /"


@dataclass
class Provider:
    """The running provider."""

    issuer: str

    async def expect(self, sub: str, *, refuses: bool = False, **claims: Any) -> None:
        """Says who signs in next."""
        async with httpx.AsyncClient() as http:
            await http.post(f"{self.issuer}/next", json={"sub": sub, "refuses": refuses, "claims": claims})

    async def browse(self, url: str) -> httpx.URL:
        """Returns where a fresh browser ends up that was sent to `url`: the address back to Loupe."""
        async with httpx.AsyncClient() as http:
            for _ in range(10):
                answer = await http.get(url)
                assert answer.is_redirect, answer.text
                target = answer.url.join(answer.headers["location"])
                if not str(target).startswith(self.issuer):
                    return target
                url = str(target)
        raise AssertionError("the provider goes in circles")


def install(folder: Path) -> None:
    """Installs the provider into a folder that is kept; skips loudly where that cannot be done."""
    if not (node := shutil.which("node")) or not (npm := shutil.which("npm")):
        pytest.skip("no node and npm here, so sign-in with an identity provider is not tested")
    assert node
    (folder / SCRIPT.name).write_bytes(SCRIPT.read_bytes())
    if (folder / "node_modules" / "oidc-provider").exists():
        return
    command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        pytest.skip(f"npm cannot install {PACKAGE}, so sign-in with a provider is not tested: {done.stderr[-300:]}")


@asynccontextmanager
async def running_provider(folder: Path, redirect_uri: str) -> AsyncIterator[Provider]:
    """Gives the provider, which ends with the block."""
    process = await asyncio.create_subprocess_exec(
        "node",
        str(folder / SCRIPT.name),
        redirect_uri,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        yield Provider(json.loads(line)["issuer"])
    finally:
        process.terminate()
        await process.wait()
