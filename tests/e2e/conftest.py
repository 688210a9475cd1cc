"""What journeys share: a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e import chromium

# A busy machine is no fault of the page.
expect.set_options(timeout=60_000)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium of the system's; skips, saying why, where there is none."""
    path, reason = chromium.find_chromium()
    if path is None:
        pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield browser
        await browser.close()
