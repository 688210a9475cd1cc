"""Curation by hand: a person in a real browser picks images to train on, looks at outliers, clears duplicates away."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from loupe_client.demo.server import StandaloneProcess
from tests.e2e import web_steps
from tests.e2e.watched_page import WatchedPage

STRIPED = 24
ODD = "cells/odd.png"
_DECODE = """
() => Promise.all([...document.images]
  .filter((image) => image.getBoundingClientRect().top < innerHeight)
  .map((image) => image.decode()))
"""


@pytest.fixture(scope="module")
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"))
    process.start()
    yield process
    process.stop()


Pixels = np.ndarray[tuple[int, int], np.dtype[np.uint8]]


def _striped(index: int) -> Pixels:
    noise = np.random.default_rng(index).integers(0, 12, (96, 96))
    return (150 * (np.arange(96) // (4 + index) % 2) + 40 + noise).astype(np.uint8)


def _archive(folder: Path) -> Path:
    """Striped cells of two lines, and one image that is like no other."""
    rings = (np.hypot(*np.mgrid[-48:48, -48:48]) // 6 % 2 * 255).astype(np.uint8)
    images = {f"cells/cell{index:02d}.png": _striped(index) for index in range(STRIPED)} | {ODD: rings}
    target = folder / "cells.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for name, pixels in images.items():
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG")
            archive.writestr(name, buffer.getvalue())
        rows = [f"{name},L{1 + number % 2}" for number, name in enumerate(images)]
        archive.writestr("metadata.csv", "\n".join(["file_name,line", *rows]))
    return target


def _copies(folder: Path) -> list[Path]:
    """The first cell in other formats."""
    files = [folder / "again.bmp", folder / "again.jpg"]
    Image.fromarray(_striped(0)).save(files[0])
    Image.fromarray(_striped(0)).save(files[1], quality=92)
    return files


@pytest.mark.timeout(600)  # the first time a browser may have to be installed
async def test_curation__by_hand_in_the_browser(browser: Browser, loupe: StandaloneProcess, tmp_path: Path) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as tab:
        await web_steps.sign_up(tab.page, loupe, "ada@plant.example", "Ada")
        await web_steps.create_project(tab.page, "Cells")
        await web_steps.upload(tab.page, [_archive(tmp_path)])
        await tab.page.reload()
        await web_steps.upload(tab.page, _copies(tmp_path))
        await tab.page.get_by_role("link", name="Curation").click()
        await tab.picture("curation-empty")
        await _find_duplicates(tab)
        await _find_outliers(tab)
        await _select_and_tag(tab)
        await _split_and_tag(tab)
        await _search_by_picture(tab, tmp_path)
        project = tab.page.url.partition("?")[0]
        state = await tab.page.context.storage_state()

    assert not tab.faults, "\n".join(tab.faults)
    async with WatchedPage.open(browser, loupe.http, locale="ko-KR", color_scheme="dark", storage_state=state) as dark:
        await _look_in_korean(dark, project)

    assert not dark.faults, "\n".join(dark.faults)


async def _find_duplicates(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("button", name="Duplicates").click()
    await page.get_by_role("button", name="Find duplicates").click()
    group = page.get_by_role("list", name="Like cells/cell00.png")
    await expect(group.get_by_role("listitem")).to_have_count(3, timeout=120_000)
    await expect(group.get_by_role("listitem").filter(has_text="again.bmp")).to_contain_text("The very same pixels.")
    await expect(group.get_by_role("listitem").filter(has_text="again.jpg")).to_contain_text("at most")
    await _pictures(page)
    await tab.picture("curation-duplicates")
    await tab.check_accessibility("curation-duplicates")
    await page.get_by_role("link", name="Show dup:near,exact").click()
    found = page.get_by_role("region", name="Images", exact=True).get_by_role("status")
    await expect(found).to_have_text("2 found")
    await page.get_by_role("link", name="Curation").click()


async def _find_outliers(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("button", name="Outliers").click()
    # The query of the other page came along.
    await page.get_by_label("Of the images that match").fill("")
    await page.get_by_role("button", name="Find outliers").click()
    first = page.get_by_role("list", name="Outliers, oddest first").get_by_role("listitem").first
    await expect(first).to_contain_text(ODD, timeout=120_000)
    await expect(first).to_contain_text("times the usual one")
    await _pictures(page)
    await tab.picture("curation-outliers")
    await tab.check_accessibility("curation-outliers")


async def _select_and_tag(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("button", name="Select for training").click()
    form = page.get_by_role("form", name="Select images")
    await form.get_by_label("Of the images that match").fill("")
    await form.get_by_label("How many").fill("900")
    await form.get_by_role("button", name="Select images").click()
    await expect(page.get_by_role("alert")).to_contain_text("ask for 27 at most")
    await form.get_by_label("How many").fill("8")
    await form.get_by_label("Equal shares by").fill("line")
    await form.get_by_role("button", name="Select images").click()
    picks = page.get_by_role("list", name="Picks").get_by_role("listitem")
    await expect(picks).to_have_count(8, timeout=120_000)
    await expect(picks.first).to_contain_text("At the centre of a cluster")
    await page.get_by_role("textbox", name="Tag").fill("train next")
    await page.get_by_role("button", name="Tag all picks").click()
    await expect(page.get_by_role("status")).to_contain_text("Tagged", timeout=60_000)
    await _pictures(page)
    await tab.picture("curation-selection")
    await tab.check_accessibility("curation-selection")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Manifest").click()
    assert '"picks_sha256"' in (await (await download.value).path()).read_text()
    await page.get_by_role("link", name="Show the images").click()
    found = page.get_by_role("region", name="Images", exact=True).get_by_role("status")
    await expect(found).to_have_text("8 found")


async def _split_and_tag(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("link", name="Curation").click()
    await page.get_by_role("button", name="Split for training").click()
    await tab.picture("curation-split-empty")
    form = page.get_by_role("form", name="Split images")
    await form.get_by_label("Of the images that match").fill("")
    await form.get_by_label("Same shares of each").fill("line")
    await form.get_by_label("Test").fill("30")
    await expect(form.get_by_role("alert")).to_contain_text("120 together, not 100")
    await form.get_by_label("Training").fill("60")
    await form.get_by_role("button", name="Split images").click()
    # Copies of the first cell came without a line.
    await expect(page.get_by_role("alert")).to_contain_text("2 of 27 images have no line", timeout=120_000)
    await form.get_by_label("Same shares of each").fill("")
    await form.get_by_role("button", name="Split images").click()
    images = page.get_by_role("list", name="Training").get_by_role("listitem")
    await expect(images).to_have_count(16, timeout=120_000)
    await expect(page.get_by_text("1 groups stayed together")).to_be_visible()
    await page.get_by_role("button", name="Look for leaks").first.click()
    await expect(page.get_by_text("No part shows what another one shows; 27 images")).to_be_visible(timeout=60_000)
    await _pictures(page)
    await tab.picture("curation-split")
    await tab.check_accessibility("curation-split")
    await page.get_by_role("button", name="Tag them split:train").click()
    await expect(page.get_by_text("Tagged “split:train”.")).to_be_visible(timeout=60_000)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Manifest").click()
    assert '"split_sha256"' in (await (await download.value).path()).read_text()
    await _leaks_of_another_split(tab)


async def _leaks_of_another_split(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("button", name="Check another split").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Training").fill("name:*cell00*")
    await dialog.get_by_label("Validation").fill("")
    await dialog.get_by_label("Test").fill("name:again*")
    await dialog.get_by_role("button", name="Look for leaks").click()
    await expect(dialog.get_by_role("status")).to_have_text("3 of 3 images leak, in 1 groups.", timeout=60_000)
    await tab.picture("curation-leaks")
    await page.keyboard.press("Escape")


async def _search_by_picture(tab: WatchedPage, folder: Path) -> None:
    page = tab.page
    await page.get_by_role("button", name="Search by picture").click()
    await page.get_by_label("Of the images that match").fill("")
    text = folder / "notes.png"
    text.write_text("This is no picture.")
    await page.get_by_label("Choose a picture").set_input_files(text)
    await expect(page.get_by_role("alert")).to_be_visible(timeout=60_000)
    photo = folder / "phone.jpg"
    Image.fromarray(_striped(3)).resize((80, 80)).save(photo, quality=85)
    await page.get_by_label("Choose a picture").set_input_files(photo)
    first = page.get_by_role("list", name="Similar images").get_by_role("listitem").first
    await expect(first).to_contain_text("cells/cell", timeout=120_000)
    await _pictures(page)
    await tab.picture("curation-picture")
    await tab.check_accessibility("curation-picture")


async def _look_in_korean(tab: WatchedPage, project: str) -> None:
    page = tab.page
    await page.goto(f"{project}?tab=curation")
    await expect(page.get_by_role("list", name="선별한 이미지").get_by_role("listitem")).to_have_count(8)
    await _pictures(page)
    await tab.picture("curation-selection-korean-dark")
    await tab.check_accessibility("curation-korean-dark")
    await page.get_by_role("button", name="중복").click()
    await expect(page.get_by_role("list", name="cells/cell00.png 그룹").get_by_role("listitem")).to_have_count(3)
    await _pictures(page)
    await tab.picture("curation-duplicates-korean-dark")
    await page.get_by_role("button", name="이상치").click()
    await expect(page.get_by_role("list", name="이상치, 특이한 순서").get_by_role("listitem").first).to_contain_text(
        ODD
    )
    await _pictures(page)
    await tab.picture("curation-outliers-korean-dark")


async def _pictures(page: Page) -> None:
    """Waits until every small picture in view is drawn."""
    await page.evaluate(_DECODE)
