"""Takes the README's picture from a running Loupe: images with facets above, a map of them below.

    python -m tests.e2e.take_pictures

Needs Chromium. The images are drawn: the licence of the demonstration's photographs keeps them out of here.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, ViewportSize, async_playwright, expect

from loupe_client.demo.server import StandaloneProcess, fresh_standalone
from tests.e2e import chromium, surfaces, web_steps

TARGET = Path(__file__).parents[2] / "docs" / "images" / "loupe.png"
COUNT = 300
SIZE: ViewportSize = {"width": 1280, "height": 720}
LIMIT_BYTES = 400_000


async def _shots(loupe: StandaloneProcess, browser_path: str, archive: Path) -> list[bytes]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=list(chromium.FLAGS))
        page = await browser.new_page(base_url=loupe.http, viewport=SIZE, locale="en-GB")
        await web_steps.sign_up(page, loupe, "ada@plant.example", "Ada")
        await web_steps.create_project(page, "Plates, hall 2")
        await web_steps.upload(page, [archive])
        shots = [await _images(page), await _map(page)]
        await browser.close()
        return shots


async def _images(page: Page) -> bytes:
    await page.get_by_role("link", name="Images").click()
    await web_steps.search(page, "(line:L1 OR line:L2) conf<0.5 NOT truth:ok")
    truth = page.get_by_role("region", name="truth").get_by_role("button", name="scratch")
    await truth.first.wait_for()
    await expect(page.get_by_role("checkbox").first).to_be_visible()
    await page.wait_for_load_state("networkidle")
    shot = await page.screenshot()
    await web_steps.search(page, "")
    return shot


async def _map(page: Page) -> bytes:
    await page.get_by_role("link", name="Maps").click()
    await web_steps.draw_map(page, "UMAP", 2)
    await page.get_by_label("Colour by").select_option("truth")
    await page.get_by_role("list", name="Legend").get_by_role("button", name="ok").first.wait_for()
    await page.wait_for_load_state("networkidle")
    await page.set_viewport_size({"width": SIZE["width"], "height": 830})
    return await page.screenshot()


def _joined(shots: list[bytes]) -> bytes:
    """Returns the pictures one above the other as one PNG; fewer colours where it would be too large."""
    pictures = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    whole = Image.new("RGB", (pictures[0].width, sum(picture.height for picture in pictures)))
    top = 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        top += picture.height
    for colors in (256, 128, 64):
        buffer = io.BytesIO()
        whole.quantize(colors, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        if buffer.tell() <= LIMIT_BYTES:
            return buffer.getvalue()
    raise ValueError(f"the picture is larger than {LIMIT_BYTES} bytes with 64 colours; make it smaller")


def main() -> None:
    """Writes docs/images/loupe.png."""
    path, reason = chromium.find_chromium()
    if path is None:
        sys.exit(reason)
    with tempfile.TemporaryDirectory() as folder, fresh_standalone() as loupe:
        archive = Path(folder) / "plates.zip"
        surfaces.write_zip(archive, COUNT, seed=7)
        picture = _joined(asyncio.run(_shots(loupe, path, archive)))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(picture)


if __name__ == "__main__":
    main()
