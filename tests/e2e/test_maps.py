"""Maps in a real browser: drawn, points selected in 2-D and 3-D, two maps compared, a picture kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.async_api import Browser, Page, expect

from loupe_client.demo.server import StandaloneProcess
from tests.e2e import surfaces, web_steps
from tests.e2e.watched_page import WatchedPage

COUNT = 24
LATER = 6
# So near to each other that no point lies out of reach of all places.
STEP_PIXELS = 16
_DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# As long as anything may take on a machine that does much else.
PATIENCE_MS = 60_000
SVG = "{http://www.w3.org/2000/svg}"
# Like plates may lie at the same half pixel.
MIN_DOTS = COUNT // 3


@pytest.fixture(scope="module")
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"))
    process.start()
    yield process
    process.stop()


@pytest.mark.timeout(600)  # the first time a browser may have to be installed
async def test_maps__drawn_selected_and_compared(browser: Browser, loupe: StandaloneProcess, tmp_path: Path) -> None:
    archive = tmp_path / "plates.zip"
    surfaces.write_zip(archive, COUNT, seed=3)
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as tab:
        page = tab.page
        page.set_default_timeout(PATIENCE_MS)
        await web_steps.sign_up(page, loupe, "ada@plant.example", "Ada")
        await web_steps.create_project(page, "Plates")
        await web_steps.upload(page, [archive])
        await page.get_by_role("link", name="Maps").click()
        await web_steps.draw_map(page, "UMAP", 2)
        await tab.check_accessibility("map")
        await web_steps.draw_map(page, "PCA", 3)
        await _select(page)
        await tab.picture("map-selection-3d")
        await tab.check_accessibility("map with a selection")
        await _compare(page)
        await tab.picture("map-compared")
        assert (await _picture(page, "PNG")).startswith(b"\x89PNG")
        svg = ET.fromstring(await _picture(page, "SVG"))
        assert sum((path.get("d") or "").count("M") for path in svg.iter(f"{SVG}path")) >= MIN_DOTS
        await _point_at_the_same_image(page)
        await tab.picture("map-compared-pointed")
        await _to_the_grid_and_back(page)
        await tab.picture("map-highlights-what-was-picked")
        await _place(page, tmp_path)
        await tab.picture("map-placed")

    assert not tab.faults, "\n".join(tab.faults)


async def _select(page: Page) -> None:
    """Everything with the box, then only what one class is, with the keyboard's way."""
    selection = page.get_by_role("region", name="Selected points")
    await web_steps.select_on_map(page)
    await expect(selection).to_contain_text(f"{COUNT} selected", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Clear selection").click()
    await expect(selection).to_have_count(0, timeout=PATIENCE_MS)
    await page.get_by_text("Ground truth", exact=True).first.click()
    legend = page.get_by_role("list", name="Legend")
    good = legend.get_by_role("button", name="ok ")
    await good.dblclick()
    await expect(legend.get_by_role("button", name="stain ")).to_have_attribute("aria-pressed", "false")
    await page.get_by_role("button", name="Select all that is shown").click()
    count = (await good.inner_text()).split()[-1]
    await expect(selection).to_contain_text(f"{count} selected", timeout=PATIENCE_MS)


async def _picture(page: Page, form: str) -> bytes:
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Save as a picture").first.click()
        await page.get_by_role("menuitem", name=form).click()
    return (await (await saved.value).path()).read_bytes()


async def _to_the_grid_and_back(page: Page) -> None:
    """What is selected on the map is what the grid shows; on the map again, it stands out."""
    selection = page.get_by_role("region", name="Selected points")
    count = int((await selection.inner_text()).split()[0])
    await selection.get_by_role("button", name="Open in the grid").click()
    chip = page.get_by_role("button", name="Switch off set:")
    await expect(chip).to_have_text("Picked on a map", timeout=PATIENCE_MS)
    tiles = page.get_by_role("list", name="Found images").get_by_role("link")
    await expect(tiles).to_have_count(count, timeout=PATIENCE_MS)
    await page.get_by_role("link", name="Maps").click()
    status = page.get_by_role("status").filter(has_text="match")
    await expect(status).to_have_text(f"{count} match", timeout=PATIENCE_MS)


async def _compare(page: Page) -> None:
    """The other map beside this one; the selection is on both."""
    await page.get_by_role("button", name="More about UMAP 2-D").click()
    await page.get_by_role("menuitem", name="Compare with").click()
    await page.locator("canvas").nth(1).wait_for()
    await expect(page.get_by_role("application")).to_have_count(2, timeout=PATIENCE_MS)
    await expect(page.get_by_role("region", name="Selected points")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_text("Shared neighbours")).to_be_visible(timeout=PATIENCE_MS)


async def _point_at_the_same_image(page: Page) -> None:
    """Resting on a point of one map rings the same image on the other."""
    frame = await page.locator("canvas").nth(1).bounding_box()
    assert frame is not None
    ring = page.get_by_test_id("pointed")
    across, down = int(frame["width"] / STEP_PIXELS), int(frame["height"] / STEP_PIXELS)
    # From the middle outwards: a flat map lies there.
    places = sorted(
        ((x, y) for x in range(1, across) for y in range(1, down)),
        key=lambda at: (at[0] - across / 2) ** 2 + (at[1] - down / 2) ** 2,
    )
    for x, y in places:
        await page.mouse.move(frame["x"] + x * STEP_PIXELS, frame["y"] + y * STEP_PIXELS)
        await page.evaluate(_DRAWN)
        if await ring.count():
            return
    raise AssertionError("no point of the map rings its image on the other")


async def _place(page: Page, folder: Path) -> None:
    """Further images appear on the map that is opened; it has its points where they were."""
    archive = folder / "more.zip"
    surfaces.write_zip(archive, LATER, seed=4)
    await page.get_by_role("link", name="Upload").click()
    await web_steps.upload(page, [archive])
    await page.get_by_role("link", name="Maps").click()
    await page.get_by_role("button", name="More about PCA 3-D").click()
    await page.get_by_role("menuitem", name="Place new images").click()
    await expect(page.get_by_text(f"{LATER} placed later")).to_be_visible(timeout=PATIENCE_MS)
