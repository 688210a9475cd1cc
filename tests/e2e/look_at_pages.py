"""Takes a picture of every page, in both languages, light and dark, wide and narrow, and says what axe finds.

    python -m tests.e2e.look_at_pages [page [look]]

`page`: those whose name contains it. `look`: such as "ko-dark-390", or a part of it. The pictures are in
gateway/web/test-results/pages, to be looked at. The images are drawn, or those of the folder that LOUPE_LOOK_AT names.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from loupe_client.demo.server import StandaloneProcess
from tests.e2e import chromium, surfaces, watched_page, web_steps
from tests.e2e.watched_page import WatchedPage

COUNT = 60
EMAIL = "chief@plant.example"
TARGET = watched_page.PICTURES / "pages"
LANGUAGES = {"en": "en-GB", "ko": "ko-KR"}
WIDTHS = {1440: 900, 390: 844}
PARTS = ("select", "split", "outliers", "duplicates", "similar", "teach", "drift")

Step = Callable[[Page], Awaitable[Any]]


async def _stay(_: Page) -> None:
    """The page as it comes."""


def _press(key: str) -> Step:
    return lambda page: page.keyboard.press(key)


def _pages(project: str, empty: str, image: str) -> dict[str, tuple[str, Step]]:
    """Address of each page by name, and what is done there before the picture."""
    at, none = f"/projects/{project}", f"/projects/{empty}"
    tabs = ("upload", "maps", "curation", "quality", "review", "results", "settings", "trash")
    return {
        "projects": ("/", _stay),
        "images": (at, _stay),
        "images-selected": (at, _select_all),
        "images-none": (f"{at}?query=line%3ANOWHERE", _stay),
        "images-fault": (f"{at}?query=line%3A%20AND%20(", _stay),
        "image": (f"{at}/images/{image}", _stay),
        "image-keys": (f"{at}/images/{image}", _press("?")),
        "image-levels": (f"{at}/images/{image}", _open_levels),
        **{f"tab-{tab}": (f"{at}?tab={tab}", _stay) for tab in tabs},
        **{f"curation-{part}": (f"{at}?tab=curation", _part(number)) for number, part in enumerate(PARTS)},
        "empty-images": (none, _stay),
        **{f"empty-{tab}": (f"{none}?tab={tab}", _stay) for tab in tabs if tab not in ("settings", "upload")},
        "create-project": ("/", _create),
        "account": ("/account", _stay),
        **{
            f"admin-{part}": (f"/admin?part={part}", _stay)
            for part in ("users", "departments", "requests", "servers", "audit")
        },
        "no-such-project": ("/projects/01900000-0000-7000-8000-000000000000", _stay),
        "no-such-image": (f"{at}/images/01900000-0000-7000-8000-000000000000", _stay),
        "no-such-page": ("/nowhere", _stay),
    }


async def _select_all(page: Page) -> None:
    await page.get_by_role("checkbox").first.wait_for()
    await page.keyboard.press("a")


async def _open_levels(page: Page) -> None:
    await page.keyboard.press("w")
    await page.locator("button:has(svg.lucide-contrast)").click()
    await page.locator("svg[role=img]").first.wait_for()


def _part(number: int) -> Step:
    return lambda page: page.locator("section [role=group] button").nth(number).click()


async def _create(page: Page) -> None:
    await page.locator("main button:has(svg.lucide-plus)").first.click()


async def _sign_in(page: Page) -> None:
    await page.goto("/")
    await page.locator('input[type="email"]').fill(EMAIL)
    await page.locator('input[type="password"]').fill(web_steps.PASSWORD)
    await page.locator('button[type="submit"]').click()
    await page.get_by_role("heading", level=1).wait_for()


async def _prepare(browser: Browser, loupe: StandaloneProcess, folder: Path) -> tuple[Any, dict[str, tuple[str, Step]]]:
    """An administrator with a project of images, a map and a curation, and an empty project."""
    context = await browser.new_context(base_url=loupe.http, locale="en-GB", viewport={"width": 1440, "height": 900})
    page = await context.new_page()
    await _sign_in(page)
    await web_steps.create_project(page, "Empty one")
    empty = page.url.split("/projects/")[1].split("?")[0]
    await page.get_by_role("link", name="Loupe").click()
    await web_steps.create_project(page, "Plates of hall 2, line 1 to 3, brushed steel")
    project = page.url.split("/projects/")[1].split("?")[0]
    await web_steps.upload(page, _files(folder))
    await web_steps.make_map(page, loupe, project, "Plates by UMAP")
    await page.goto(f"/projects/{project}?tab=curation")
    await page.get_by_role("button", name="Select images").click()
    await page.locator("img[src*=thumbnail]").first.wait_for(timeout=180_000)
    found = await (await page.request.get(f"/v1/projects/{project}/images:search?pageSize=1")).json()
    state = await context.storage_state()
    await context.close()
    return state, _pages(project, empty, found["images"][0]["name"].rpartition("/")[2])


def _files(folder: Path) -> list[Path]:
    given = os.environ.get("LOUPE_LOOK_AT")
    if given:
        return sorted(Path(given).iterdir())[:COUNT]
    archive = folder / "plates.zip"
    surfaces.write_zip(archive, COUNT, seed=11)
    return [archive]


async def _look(loupe: StandaloneProcess, browser_path: str, folder: Path, only: str, looks: str) -> list[str]:
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=list(chromium.FLAGS))
        state, pages = await _prepare(browser, loupe, folder)
        for language, theme, width in itertools.product(LANGUAGES, ("light", "dark"), WIDTHS):
            look = f"{language}-{theme}-{width}"
            if looks not in look:
                continue
            options: dict[str, Any] = {"locale": LANGUAGES[language], "color_scheme": theme, "storage_state": state}
            async with WatchedPage.open(browser, loupe.http, **options) as tab:
                await tab.page.set_viewport_size({"width": width, "height": WIDTHS[width]})
                for name, (address, step) in pages.items():
                    if only in name:
                        await _take(tab, f"{name}-{look}", address, step)
            # A page that does not exist is answered so; that is no fault here.
            faults += [f"{look}: {fault}" for fault in tab.faults if "status of 404" not in fault]
        await browser.close()
    return faults


async def _take(tab: WatchedPage, name: str, address: str, step: Step) -> None:
    page = tab.page
    await page.goto(address)
    await page.locator("main, h1, h2").first.wait_for()
    try:
        await page.wait_for_load_state("networkidle", timeout=30_000)
        await step(page)
        await page.wait_for_timeout(300)
        await tab.picture(f"pages/{name}")
        await tab.check_accessibility(name)
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            tab.faults.append(f"{name} is wider than the window")
    except Exception as error:  # noqa: BLE001 - the other pages are looked at all the same
        tab.faults.append(f"{name}: {str(error)[:300]}")


def main() -> None:
    """Writes the pictures, and prints faults."""
    path, reason = chromium.find_chromium()
    if path is None:
        sys.exit(reason)
    TARGET.mkdir(parents=True, exist_ok=True)
    account = {"LOUPE_AUTH_ADMIN_EMAIL": EMAIL, "LOUPE_AUTH_ADMIN_PASSWORD": web_steps.PASSWORD}
    with tempfile.TemporaryDirectory() as folder:
        loupe = StandaloneProcess(Path(folder), account)
        loupe.start()
        try:
            faults = asyncio.run(_look(loupe, path, Path(folder), *[*sys.argv[1:], "", ""][:2]))
        finally:
            loupe.stop()
    sys.stdout.write("\n".join([*faults, f"{len(faults)} faults; pictures in {TARGET}"]) + "\n")


if __name__ == "__main__":
    main()
