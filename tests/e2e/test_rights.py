"""Two people, one project: who may only look is offered nothing that would be refused, and calls nothing that is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Response, expect

from loupe_client.demo.server import StandaloneProcess
from tests.e2e import surfaces, web_steps
from tests.e2e.watched_page import WatchedPage

COUNT = 24
TABS = ("Images", "Maps", "Curation", "Quality", "Results", "Settings")
CHANGING = re.compile(
    r"^(Delete|Add tag|Set label|Set value|Remove .*|Label|Metadata|Tags|Hide from viewers|Find outliers|"
    r"Find duplicates|Tag these images|Upload|Choose files|Empty the trash)$"
)


@pytest.fixture(scope="module")
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"))
    process.start()
    yield process
    process.stop()


async def _share_with_all(page: Page, loupe: StandaloneProcess, project: str) -> None:
    answer = await page.request.patch(
        f"/v1/projects/{project}?updateMask=visibility",
        data={"visibility": "VISIBILITY_ORGANISATION"},
        headers={"origin": loupe.http},
    )
    assert answer.ok, await answer.text()


def _watch_refusals(context: BrowserContext) -> list[str]:
    refused: list[str] = []

    def look(response: Response) -> None:
        if response.status in (403, 404, 501):
            refused.append(f"{response.request.method} {response.url}: {response.status}")

    context.on("response", look)
    return refused


async def _offers_no_change(page: Page) -> None:
    await page.wait_for_load_state("networkidle")
    offered = await page.get_by_role("button", name=CHANGING).all()
    assert [await one.text_content() or await one.get_attribute("aria-label") for one in offered] == []


@pytest.mark.timeout(1800)
async def test_viewer__is_offered_what_he_may_do(browser: Browser, loupe: StandaloneProcess, tmp_path: Path) -> None:
    archive = tmp_path / "plates.zip"
    surfaces.write_zip(archive, COUNT, seed=3)
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as owner:
        page = owner.page
        await page.goto("/")
        await web_steps.sign_up(page, loupe, "ada@plant.example", "Ada")
        await web_steps.create_project(page, "Plates")
        await web_steps.upload(page, [archive])
        project = page.url.split("/projects/")[1].split("?")[0]
        await _share_with_all(page, loupe, project)
        await web_steps.make_map(page, loupe, project, "Of Ada")
        await page.get_by_role("link", name="Images").click()
        await page.get_by_role("button", name=re.compile("^Select all")).click()
        await expect(page.get_by_role("button", name="Delete", exact=True)).to_be_visible()
        await expect(page.get_by_text("View only")).to_have_count(0)

    assert not owner.faults, "\n".join(owner.faults)

    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as viewer:
        page, refused = viewer.page, _watch_refusals(viewer.page.context)
        await page.goto("/")
        await web_steps.sign_up(page, loupe, "bob@plant.example", "Bob")
        await page.get_by_role("link", name="Plates").click()
        await expect(page.get_by_text("View only")).to_be_visible()
        links = page.get_by_role("navigation").get_by_role("link")
        await expect(links).to_have_text(TABS)
        await _look_everywhere(viewer, project)
        # A map of his own is his to delete, another's is his to look at.
        await web_steps.make_map(page, loupe, project, "Of Bob")
        await page.goto(f"/projects/{project}?tab=maps")
        await page.get_by_role("button", name="More about Of Bob").click()
        await expect(page.get_by_role("menuitem", name="Delete")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="More about Of Ada").click()
        await expect(page.get_by_role("menuitem")).to_have_text(["Compare with"])

    assert refused == []
    assert not viewer.faults, "\n".join(viewer.faults)


async def _look_everywhere(viewer: WatchedPage, project: str) -> None:
    page = viewer.page
    await page.get_by_role("link", name="Images").click()
    await page.get_by_role("checkbox").first.wait_for()
    await page.get_by_role("button", name=re.compile("^Select all")).click()
    await expect(page.get_by_role("button", name="Download…")).to_be_visible()
    await _offers_no_change(page)
    await page.get_by_role("button", name="More").click()
    await expect(page.get_by_role("menuitem")).to_have_text(["Copy to another project…"])
    await viewer.picture("viewer-images")
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name=re.compile("plate-")).first.click()
    await expect(page.get_by_role("region", name="History")).to_be_visible()
    await expect(page.get_by_role("textbox")).to_have_count(0)
    await _offers_no_change(page)
    await viewer.picture("viewer-image")
    await viewer.check_accessibility("viewer-image")
    for tab in ("maps", "quality", "results", "settings"):
        await page.goto(f"/projects/{project}?tab={tab}")
        await page.get_by_role("navigation").wait_for()
        await _offers_no_change(page)
    await page.goto(f"/projects/{project}?tab=curation")
    for part in ("Outliers", "Duplicates", "Teach"):
        await page.get_by_role("button", name=part).click()
        await expect(page.get_by_text("Ask its owner for edit rights")).to_be_visible()
        await _offers_no_change(page)
    for tab in ("upload", "review", "trash"):
        await page.goto(f"/projects/{project}?tab={tab}")
        await expect(page.get_by_text("Ask its owner for edit rights")).to_be_visible()
