"""An administrator's day in a browser: his account, a key for a camera PC, people, departments, the audit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, expect

from loupe_client.demo.server import StandaloneProcess
from tests.e2e import web_steps
from tests.e2e.watched_page import WatchedPage

EMAIL = "chief@plant.example"


@pytest.fixture(scope="module")
def loupe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneProcess]:
    account = {"LOUPE_AUTH_ADMIN_EMAIL": EMAIL, "LOUPE_AUTH_ADMIN_PASSWORD": web_steps.PASSWORD}
    process = StandaloneProcess(tmp_path_factory.mktemp("loupe"), account)
    process.start()
    yield process
    process.stop()


async def _sign_in(tab: WatchedPage) -> None:
    await tab.page.goto("/")
    await tab.page.locator('input[type="email"]').fill(EMAIL)
    await tab.page.locator('input[type="password"]').fill(web_steps.PASSWORD)
    await tab.page.locator('button[type="submit"]').click()
    await tab.page.get_by_role("heading", level=1).wait_for()


@pytest.mark.timeout(600)  # the first time a browser may have to be installed
async def test_account_and_administration(browser: Browser, loupe: StandaloneProcess) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="en-GB") as tab:
        page = tab.page
        await _sign_in(tab)
        await page.get_by_role("button", name="Administrator").click()
        await page.get_by_role("menuitem", name="Account and settings").click()
        await page.get_by_role("button", name="New key").click()
        await page.get_by_label("What it is for").fill("camera PC, line 3")
        await page.get_by_role("button", name="Make the key").click()
        await expect(page.get_by_role("textbox", name="The key")).to_have_value(re.compile("^lp_"))
        await page.get_by_role("button", name="I have kept it").click()
        await expect(page.get_by_text("camera PC, line 3")).to_be_visible()
        await tab.picture("account")
        await tab.check_accessibility("account")

        await page.goto("/admin?part=departments")
        await page.get_by_role("button", name="New department").click()
        await page.get_by_label("Name").fill("Quality")
        await page.get_by_role("button", name="Create").click()
        await expect(page.get_by_role("list", name="Departments")).to_contain_text("Quality")
        await tab.check_accessibility("departments")
        await page.get_by_role("link", name="Audit").click()
        await page.get_by_role("textbox", name="Action").fill("department.*")
        await expect(page.get_by_role("row", name="department.create")).to_be_visible()
        await tab.picture("audit")
        await tab.check_accessibility("audit")
        await page.get_by_role("link", name="People").click()
        await expect(page.get_by_role("combobox", name="Role of Administrator")).to_be_visible()
        await tab.check_accessibility("people")

    assert not tab.faults, "\n".join(tab.faults)


@pytest.mark.timeout(600)
async def test_pages_in_korean_and_dark(browser: Browser, loupe: StandaloneProcess) -> None:
    async with WatchedPage.open(browser, loupe.http, locale="ko-KR", color_scheme="dark") as tab:
        await _sign_in(tab)
        await expect(tab.page.get_by_role("heading", name="프로젝트")).to_be_visible()
        await tab.page.get_by_role("button", name="새 프로젝트").click()
        await tab.page.get_by_role("radio", name="EfficientNet-Lite0").first.wait_for()
        await tab.picture("create-project-ko-dark")
        await tab.check_accessibility("create a project")
        for path in ("/account", "/admin?part=users", "/admin?part=requests"):
            await tab.page.goto(path)
            await tab.page.get_by_role("heading", level=1).wait_for()
            await tab.page.wait_for_load_state("networkidle")
            await tab.check_accessibility(path)

    assert not tab.faults, "\n".join(tab.faults)
