"""The main job by hand: a person in a real browser, from sign-up to the downloaded results."""

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

COUNT = 24


@pytest.fixture(scope="module")
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"))
    process.start()
    yield process
    process.stop()


def _archive(folder: Path) -> Path:
    """Images of two kinds, stripes and noise, with the line and the judgement of each."""
    draw = np.random.default_rng(5)
    target = folder / "cells.zip"
    rows = ["file_name,line,label"]
    with zipfile.ZipFile(target, "w") as archive:
        for index in range(COUNT):
            is_striped = index % 2 == 0
            pixels = draw.integers(0, 60, (96, 96)) + (150 * (np.arange(96) // 8 % 2) if is_striped else 0)
            buffer = io.BytesIO()
            Image.fromarray(pixels.astype(np.uint8)).save(buffer, "PNG")
            archive.writestr(f"cells/cell{index:02d}.png", buffer.getvalue())
            rows.append(f"cells/cell{index:02d}.png,L{1 + index % 3},{'striped' if is_striped else 'noisy'}")
        archive.writestr("metadata.csv", "\n".join(rows))
    return target


def _broken(folder: Path) -> Path:
    file = folder / "broken.png"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    return file


@pytest.mark.timeout(600)  # the first time a browser may have to be installed
async def test_main_job__by_hand_in_the_browser(browser: Browser, loupe: StandaloneProcess, tmp_path: Path) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as tab:
        await _begin(tab, loupe, tmp_path)
        await _find_and_tag(tab)
        await _draw_and_select(tab)
        await _download(tab.page, tmp_path)
        await tab.picture("results")

    assert not tab.faults, "\n".join(tab.faults)


async def _begin(tab: WatchedPage, loupe: StandaloneProcess, folder: Path) -> None:
    page = tab.page
    await page.goto("/")
    await page.get_by_role("button", name="Sign in").wait_for()
    await tab.picture("sign-in")
    await tab.check_accessibility("sign-in")
    await web_steps.sign_up(page, loupe, "ada@plant.example", "Ada")
    await web_steps.create_project(page, "Cells")
    await web_steps.upload(page, [_archive(folder), _broken(folder)])
    await expect(page.get_by_role("row", name="broken.png")).to_contain_text("cannot be decoded")
    await tab.picture("upload")
    await tab.check_accessibility("upload")


async def _find_and_tag(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("link", name="Images").click()
    found = page.get_by_role("region", name="Images", exact=True).get_by_role("status")
    await expect(found).to_have_text(f"{COUNT} found")
    await expect(page.get_by_role("link", name="cells/cell00.png")).to_be_visible()
    await tab.picture("images")
    await tab.check_accessibility("images")

    await web_steps.search(page, "line:L1 lable:x")
    await expect(page.get_by_role("alert")).to_contain_text("did you mean 'label'")
    await expect(page.get_by_role("alert").locator("mark")).to_have_text("lable")
    await tab.picture("query-error")

    await web_steps.search(page, "(line:L1 OR 라인:L2) 제외 truth:noisy")
    await expect(found).to_have_text("8 found")
    await page.get_by_role("region", name="line").get_by_role("button", name="L2").click()
    await expect(found).to_have_text("4 found")

    await page.get_by_role("link", name="cells/cell").first.click()
    panel = page.get_by_role("main", name="cells/cell")
    await panel.get_by_role("combobox", name="Tag").fill("seen")
    await panel.get_by_role("button", name="Add tag").click()
    await expect(panel.get_by_role("button", name="Remove seen")).to_be_visible()
    await tab.picture("image")
    await tab.check_accessibility("image")
    await page.reload()
    await expect(panel.get_by_role("button", name="Remove seen")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(panel).to_have_count(0)
    await web_steps.search(page, "tag:seen")
    await expect(found).to_have_text("1 found")
    await web_steps.search(page, "")


async def _draw_and_select(tab: WatchedPage) -> None:
    page = tab.page
    await page.get_by_role("link", name="Maps").click()
    await web_steps.draw_map(page, "UMAP", 2)
    await tab.picture("map-2d")
    await tab.check_accessibility("map")
    await web_steps.draw_map(page, "PCA", 3)
    await page.get_by_label("Colour by").select_option("truth")
    await page.get_by_role("list", name="Legend").get_by_role("button", name="noisy").click()
    await web_steps.select_on_map(page)
    selection = page.get_by_role("region", name="Selected points")
    await expect(selection.get_by_role("link")).to_have_count(COUNT // 2)
    await tab.picture("map-3d")
    await selection.get_by_role("link").first.click()
    await expect(page.get_by_role("main", name="cells/cell")).to_contain_text("striped")
    await page.keyboard.press("Escape")


async def _download(page: Page, folder: Path) -> None:
    await page.get_by_role("link", name="Results").click()
    await page.get_by_label("Maps").check()
    await page.get_by_role("button", name="Gather into a zip").click()
    async with page.expect_download(timeout=60_000) as download:
        await page.get_by_role("link", name="Download").click()
    target = folder / "results.zip"
    await (await download.value).save_as(target)
    with zipfile.ZipFile(target) as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == COUNT


@pytest.mark.timeout(600)
async def test_korean_and_dark__reads_as_well(browser: Browser, loupe: StandaloneProcess) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="ko-KR", color_scheme="dark") as tab:
        await tab.page.goto("/")

        await expect(tab.page.get_by_role("button", name="로그인")).to_be_visible()
        assert await tab.page.evaluate("document.documentElement.lang") == "ko"
        await tab.picture("sign-in-korean-dark")
        await tab.check_accessibility("sign-in, Korean, dark")

    assert not tab.faults, "\n".join(tab.faults)
