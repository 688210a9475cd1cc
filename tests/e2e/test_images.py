"""A day with images in a real browser: finding, picking, changing and taking back, looking closely, handing out."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.async_api import Browser, Locator, Page, expect

from loupe_client.demo.server import StandaloneProcess
from tests.e2e import web_steps
from tests.e2e.watched_page import WatchedPage

COUNT = 30


@pytest.fixture
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"))
    process.start()
    yield process
    process.stop()


def _archive(folder: Path) -> Path:
    """Noise of three lines, with a temperature from 20 to 49."""
    draw = np.random.default_rng(7)
    target = folder / "plates.zip"
    rows = ["file_name,line,temp"]
    with zipfile.ZipFile(target, "w") as archive:
        for index in range(COUNT):
            buffer = io.BytesIO()
            Image.fromarray(draw.integers(0, 255, (80, 120), np.uint8)).save(buffer, "PNG")
            archive.writestr(f"plate{index:02d}.png", buffer.getvalue())
            rows.append(f"plate{index:02d}.png,L{1 + index % 3},{20 + index}")
        archive.writestr("metadata.csv", "\n".join(rows))
    return target


@pytest.mark.timeout(600)
async def test_day_with_images(browser: Browser, loupe: StandaloneProcess, tmp_path: Path) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as tab:
        await tab.page.goto("/")
        await web_steps.sign_up(tab.page, loupe, "ada@plant.example", "Ada")
        await web_steps.create_project(tab.page, "Plates")
        await web_steps.upload(tab.page, [_archive(tmp_path)])
        await tab.page.get_by_role("link", name="Images").click()
        await _find(tab)
        await _save(tab.page)
        await _pick_and_take_back(tab)
        await _look_closely(tab)
        await _hand_out(tab, tmp_path)

    assert not tab.faults, "\n".join(tab.faults)

    state = {"cookies": await _cookies(browser, loupe)}
    async with WatchedPage.open(browser, loupe.http, locale="ko-KR", color_scheme="dark", storage_state=state) as tab:
        await _in_korean(tab)

    assert not tab.faults, "\n".join(tab.faults)


async def _cookies(browser: Browser, loupe: StandaloneProcess) -> object:
    """Signs in anew, as on another machine."""
    context = await browser.new_context(base_url=loupe.http)
    body = {"email": "ada@plant.example", "password": web_steps.PASSWORD}
    answer = await context.request.post("/v1/account:signIn", data=body, headers={"origin": loupe.http})
    assert answer.ok
    cookies = await context.cookies()
    await context.close()
    return cookies


def _found(page: Page) -> Locator:
    return page.get_by_role("region", name="Images", exact=True).get_by_role("status")


async def _find(tab: WatchedPage) -> None:
    page = tab.page
    await expect(_found(page)).to_have_text(f"{COUNT} found")
    box = page.get_by_role("searchbox")
    await box.press_sequentially("line:")
    await page.get_by_role("option", name="L2").wait_for()
    await tab.picture("images-completion")
    await tab.check_accessibility("completion")
    while await page.get_by_role("option", name="L2").get_attribute("aria-selected") != "true":
        await box.press("ArrowDown")
    await box.press("Enter")
    await expect(box).to_have_value(re.compile(r"line:L2 ?"))
    await box.press("Enter")
    await expect(_found(page)).to_have_text("10 found")

    await page.get_by_role("button", name="Switch off line:L2").click()
    await expect(_found(page)).to_have_text(f"{COUNT} found")
    await page.get_by_role("button", name="Switch on line:L2").click()
    value = page.get_by_role("region", name="line", exact=True).get_by_role("button", name="L2")
    await value.click()
    await expect(box).to_have_value("-line:L2")
    await expect(_found(page)).to_have_text("20 found")
    await page.get_by_label("temp from").fill("40")
    await page.get_by_label("temp from").press("Enter")
    await expect(box).to_have_value("-line:L2 meta.temp:40..")
    await expect(_found(page)).to_have_text("7 found")
    await tab.picture("images-facets")
    await tab.check_accessibility("facets")
    await page.reload()
    await expect(_found(page)).to_have_text("7 found")

    await page.get_by_role("button", name="Build a search").click()
    dialog = page.get_by_role("dialog", name="Build a search")
    await expect(dialog.get_by_label("Value", exact=True).first).to_have_value("L2")
    await tab.picture("images-builder")
    await tab.check_accessibility("builder")
    await dialog.get_by_label("Comparison").first.select_option(":")
    await dialog.get_by_role("button", name="Search").click()
    await expect(_found(page)).to_have_text("3 found")


async def _save(page: Page) -> None:
    await page.get_by_role("button", name="Saved searches").click()
    await page.get_by_label("Name", exact=True).fill("Hot on line 2")
    await page.get_by_role("button", name="Save this search").click()
    await expect(page.get_by_text("Saved “Hot on line 2”.")).to_be_visible()
    await web_steps.search(page, "")
    await expect(_found(page)).to_have_text(f"{COUNT} found")
    await page.get_by_role("button", name="Saved searches").click()
    await page.get_by_role("button", name="Hot on line 2").first.click()
    await expect(_found(page)).to_have_text("3 found")
    await web_steps.search(page, "")


async def _pick_and_take_back(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_label("Order").select_option("File name")
    await page.get_by_role("link", name="plate00.png").focus()
    for _ in range(4):
        await page.keyboard.press("Shift+ArrowRight")
    await expect(page.get_by_text("5 selected")).to_be_visible()
    await page.get_by_role("button", name="Tags", exact=True).click()
    await page.get_by_role("combobox", name="Tag").fill("seen")
    await page.get_by_role("button", name="Add tag").click()
    await expect(page.get_by_text("Tagged 5 images “seen”.")).to_be_visible()
    await tab.picture("images-selected")
    await tab.check_accessibility("selection")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Taken back.")).to_be_visible()
    await web_steps.search(page, "tag:seen")
    await expect(page.get_by_text("No image matches")).to_be_visible()

    await web_steps.search(page, "line:L3")
    await page.get_by_role("button", name="Clear selection").click()
    await page.get_by_role("button", name="Select all 10").click()
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("No image matches")).to_be_visible()
    await page.get_by_role("button", name="Undo").last.click()
    await expect(_found(page)).to_have_text("10 found")


async def _look_closely(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("link", name="plate05.png").click()
    await expect(page.get_by_role("main", name="plate05.png")).to_contain_text("2 of 10")
    await page.keyboard.press("ArrowRight")
    shown = page.get_by_role("main", name="plate08.png")
    await expect(shown).to_contain_text("3 of 10")
    await page.keyboard.press("1")
    await expect(page.get_by_role("button", name="Actual size: 100%")).to_be_visible()
    await page.keyboard.press("0")
    await page.keyboard.press("l")
    await page.keyboard.type("scratch")
    await page.keyboard.press("Enter")
    await expect(shown.get_by_role("button", name="Remove scratch")).to_be_visible()
    await shown.get_by_label("Change temp").fill("99.5")
    await shown.get_by_label("Change temp").press("Enter")
    await expect(shown.get_by_role("region", name="History")).to_contain_text("99.5")
    await tab.picture("image-page")
    await tab.check_accessibility("image page")
    await page.get_by_role("heading", name="plate08.png").click()
    await page.keyboard.press("?")
    await page.get_by_role("dialog", name="Keys").wait_for()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(_found(page)).to_have_text("10 found")
    await expect(page.get_by_role("searchbox")).to_have_value("line:L3")


async def _hand_out(tab: WatchedPage, folder: Path) -> None:
    page = tab.page
    await page.get_by_role("button", name="Select all 10").click()
    await page.get_by_role("button", name="Download…").click()
    dialog = page.get_by_role("dialog", name="Download results")
    await tab.check_accessibility("export")
    await dialog.get_by_role("button", name="Gather into a zip").click()
    async with page.expect_download(timeout=60_000) as download:
        await dialog.get_by_role("link", name="Save the zip").click()
    target = folder / "results.zip"
    await (await download.value).save_as(target)
    with zipfile.ZipFile(target) as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 10


async def _in_korean(tab: WatchedPage) -> None:
    page = tab.page
    await page.goto("/")
    await page.get_by_role("link", name="Plates").first.click()
    await page.get_by_role("searchbox").fill("라인:L1 제외 정답:scratch")
    await page.get_by_role("searchbox").press("Enter")
    await expect(page.get_by_text("이미지 10장", exact=True)).to_be_visible()
    await tab.picture("images-korean-dark")
    await tab.check_accessibility("images, Korean, dark")
    await page.get_by_role("link", name="plate").first.click()
    await expect(page.get_by_role("region", name="메타데이터")).to_be_visible()
    await tab.picture("image-page-korean-dark")
    await tab.check_accessibility("image page, Korean, dark")
