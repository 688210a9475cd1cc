"""The browser that journeys are made with works here, WebGL included: maps are drawn with it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser


@pytest.mark.timeout(600)  # the first time it may have to be installed
async def test_browser__draws_with_webgl(browser: Browser) -> None:
    page = await browser.new_page()

    await page.set_content("<canvas></canvas>")

    assert await page.evaluate("document.querySelector('canvas').getContext('webgl2') !== null")
