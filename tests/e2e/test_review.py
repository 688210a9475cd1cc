"""A person in a real browser reviews images by keyboard, reads how good the model is, deletes and restores."""

from __future__ import annotations

import io
import re
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

CELLS = 12


@pytest.fixture(scope="module")
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"))
    process.start()
    yield process
    process.stop()


def _archive(folder: Path) -> Path:
    """Striped cells of two lines."""
    target = folder / "cells.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for index in range(CELLS):
            noise = np.random.default_rng(index).integers(0, 12, (96, 96))
            pixels = (150 * (np.arange(96) // (4 + index) % 2) + 40 + noise).astype(np.uint8)
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "PNG")
            archive.writestr(f"cells/cell{index:02d}.png", buffer.getvalue())
        rows = [f"cells/cell{index:02d}.png,L{1 + index % 2}" for index in range(CELLS)]
        archive.writestr("metadata.csv", "\n".join(["file_name,line", *rows]))
    return target


@pytest.mark.timeout(600)  # the first time a browser may have to be installed
async def test_review__by_keyboard_in_the_browser(browser: Browser, loupe: StandaloneProcess, tmp_path: Path) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as tab:
        await web_steps.sign_up(tab.page, loupe, "ada@plant.example", "Ada")
        await web_steps.create_project(tab.page, "Cells")
        await web_steps.upload(tab.page, [_archive(tmp_path)])
        await _begin(tab)
        await _review(tab)
        await _measure(tab)
        await _delete_and_restore(tab)
        project = tab.page.url.partition("?")[0]
        state = await tab.page.context.storage_state()

    assert not tab.faults, "\n".join(tab.faults)
    async with WatchedPage.open(browser, loupe.http, locale="ko-KR", color_scheme="dark", storage_state=state) as dark:
        await _look_in_korean(dark, project)

    assert not dark.faults, "\n".join(dark.faults)


async def _begin(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("link", name="Quality").click()
    await expect(page.get_by_text("No image has a label yet")).to_be_visible()
    await tab.picture("quality-empty")
    await tab.check_accessibility("quality-empty")
    await page.get_by_role("link", name="Review images").click()


async def _review(tab: WatchedPage) -> None:
    page = tab.page
    done = page.get_by_role("region", name="Review").get_by_role("status")
    await expect(done).to_contain_text(f"0 of {CELLS} done")
    first = await _shown(page)
    await tab.picture("review")
    await tab.check_accessibility("review")

    await page.keyboard.press("Enter")
    second = await _next(page, first)
    await page.keyboard.type("scratch")
    await page.keyboard.press("Enter")
    third = await _next(page, second)
    await page.keyboard.press("Space")
    fourth = await _next(page, third)
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Backspace")
    assert await _next(page, fourth) == second
    await expect(page.get_by_text("You said: scratch")).to_be_visible()
    await page.keyboard.press("1")
    assert await _next(page, second) == third
    await expect(done).to_contain_text(f"2 of {CELLS} done")


async def _shown(page: Page) -> str:
    """Name of the image that is shown, when its picture is drawn."""
    picture = page.get_by_role("figure", name="Image to review").get_by_role("img")
    await picture.evaluate("(image) => image.decode()")
    return await picture.get_attribute("alt") or ""


async def _next(page: Page, before: str) -> str:
    """Name of the image that is shown after another one."""
    picture = page.get_by_role("figure", name="Image to review").get_by_role("img")
    await expect(picture).not_to_have_attribute("alt", before)
    return await _shown(page)


async def _measure(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("link", name="Quality").click()
    await expect(page.get_by_text(f"Images: {CELLS}. With a label: 2.")).to_be_visible()
    await expect(page.get_by_text(f"Unverified: {CELLS - 2}.")).to_be_visible()
    await page.get_by_label("Rates by").select_option("Line")
    await expect(page.get_by_role("table", name="By Line").get_by_role("rowheader", name="L1")).to_be_visible()
    await tab.picture("quality")
    await tab.check_accessibility("quality")
    cell = page.get_by_role("table", name="Classes of images: Confusion matrix").get_by_role("link").first
    await cell.click()
    await expect(page.get_by_role("region", name="Images", exact=True)).to_be_visible()
    await expect(page).to_have_url(re.compile("tab=images.*query="))
    # What comes next deletes images: the browser tells of each picture that is on its way then.
    pictures = page.get_by_role("region", name="Images", exact=True).locator("img")
    await expect(pictures.first).to_be_visible()
    for picture in await pictures.all():
        await picture.evaluate("(image) => image.decode()")


async def _delete_and_restore(tab: WatchedPage) -> None:
    page = tab.page
    project = page.url.partition("?")[0]
    api = f"/v1/projects/{project.rpartition('/')[2]}"
    await page.evaluate(
        """async (api) => {
             const answer = await fetch(`${api}/images:delete`, {
               method: "POST",
               headers: {"content-type": "application/json"},
               body: JSON.stringify({selector: {query: "line:L1"}}),
             });
             let operation = await answer.json();
             while (!operation.done) operation = await (await fetch(`/v1/${operation.name}`)).json();
           }""",
        api,
    )
    await page.goto(f"{project}?tab=trash")
    trash = page.get_by_role("region", name="Trash")
    await expect(trash.get_by_role("heading", name=f"Images: {CELLS // 2}")).to_be_visible()
    await tab.picture("trash")
    await tab.check_accessibility("trash")
    await trash.get_by_role("button", name="Restore all of it").click()
    await expect(page.get_by_text(f"Images that are back: {CELLS // 2}")).to_be_visible()
    await expect(trash.get_by_text("The trash is empty")).to_be_visible()


async def _look_in_korean(tab: WatchedPage, project: str) -> None:
    page = tab.page
    await page.goto(f"{project}?tab=review")
    await page.get_by_role("figure", name="검수할 이미지").get_by_role("img").evaluate("(image) => image.decode()")
    await tab.picture("review-korean-dark")
    await tab.check_accessibility("review-korean-dark")
    await page.get_by_role("link", name="품질").click()
    await expect(page.get_by_role("heading", name="과검")).to_be_visible()
    await tab.picture("quality-korean-dark")
    await tab.check_accessibility("quality-korean-dark")
