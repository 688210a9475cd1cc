"""Line scans and 16 bits on an image's page, in a real browser: the right pixels, for the values that are asked for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from loupe_client.demo.server import StandaloneProcess
from tests.e2e import web_steps
from tests.e2e.watched_page import WatchedPage

WIDTH, HEIGHT = 2600, 1800
# Of a camera of 12 bits: a browser would show the upper eight of sixteen, nearly black.
DARK, BRIGHT = 400, 3600
SHADE = """
([x, y]) => {
  const canvas = document.querySelector("canvas[data-tiles]");
  return canvas ? [...canvas.getContext("2d").getImageData(x, y, 1, 1).data] : null;
}
"""


@pytest.fixture(scope="module")
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"))
    process.start()
    yield process
    process.stop()


def _scan(folder: Path) -> Path:
    """Dark on the left, bright on the right, 12 bits in a TIFF of 16."""
    pixels = np.full((HEIGHT, WIDTH), DARK, np.uint16)
    pixels[:, WIDTH // 2 :] = BRIGHT
    pixels += np.random.default_rng(3).integers(0, 40, pixels.shape, np.uint16)
    file = folder / "scan.tif"
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "TIFF")
    file.write_bytes(buffer.getvalue())
    return file


async def _shades(page: Page) -> tuple[int, int]:
    """How the left and the right half are drawn now, when all tiles are there."""
    await page.locator("canvas[data-tiles=whole]").wait_for()
    frame = await page.locator("canvas[data-tiles]").bounding_box()
    assert frame is not None
    found = []
    for share in (0.4, 0.6):
        shade = await page.evaluate(SHADE, [int(frame["width"] * share), int(frame["height"] / 2)])
        assert shade[3] == 255
        found.append(shade[0])
    return found[0], found[1]


async def _until_shades(page: Page, low: range, high: range) -> None:
    for _ in range(400):
        left, right = await _shades(page)
        if left in low and right in high:
            return
        await page.wait_for_timeout(50)
    raise AssertionError(f"drawn in {await _shades(page)}")


@pytest.mark.timeout(1800)
async def test_deep_scan__is_seen_and_windowed(browser: Browser, loupe: StandaloneProcess, tmp_path: Path) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as tab:
        page = tab.page
        await page.goto("/")
        await web_steps.sign_up(page, loupe, "ada@plant.example", "Ada")
        await web_steps.create_project(page, "Scans")
        await web_steps.upload(page, [_scan(tmp_path)])
        await page.get_by_role("link", name="Images").click()
        await page.get_by_role("link", name="scan.tif").click()

        # Without its extremes all of it is seen.
        await _until_shades(page, range(20), range(236, 256))
        await page.get_by_role("button", name="Values shown").click()
        await expect(page.get_by_role("img", name="How many pixels have which value")).to_be_visible()
        await expect(page.get_by_text("16 bits, values from 400 to 3,639")).to_be_visible()
        await tab.picture("window")
        await tab.check_accessibility("window")
        await page.get_by_label("White from").fill("640")
        await _until_shades(page, range(5, 50), range(255, 256))
        await page.get_by_role("button", name="Reset").click()
        await page.keyboard.press("Escape")
        await _until_shades(page, range(20), range(236, 256))
        await page.get_by_role("button", name="Actual size").click()
        await _until_shades(page, range(20), range(236, 256))
        await tab.picture("actual-size")

    assert not tab.faults, "\n".join(tab.faults)
