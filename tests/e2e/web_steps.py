"""Steps that journeys through the web UI share: an account, a project, an upload."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from playwright.async_api import Page, expect

from loupe_client.demo.server import StandaloneProcess

PASSWORD = "a long enough pass phrase"


async def sign_up(page: Page, loupe: StandaloneProcess, email: str, name: str) -> None:
    """Makes an account with the code that was mailed, and signs in with it."""
    await page.goto("/")
    await page.get_by_role("button", name="No account yet? Sign up").click()
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name="Sign up").click()
    await page.get_by_label("Code from the mail").wait_for()
    await page.get_by_label("Code from the mail").fill(loupe.mailed_code(email))
    await page.get_by_role("button", name="Verify").click()
    await expect(page.get_by_role("status")).to_contain_text("verified")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="Projects").wait_for()


async def create_project(page: Page, name: str) -> None:
    """Makes a project with the first model; its upload is open afterwards."""
    await page.get_by_role("button", name="New project").click()
    form = page.get_by_role("form", name="New project")
    await form.get_by_role("button", name="Next").click()
    await form.get_by_label("Name").fill(name)
    await form.get_by_role("button", name="Next").click()
    await form.get_by_role("button", name="New project").click()
    await page.get_by_role("heading", name=name).wait_for()


async def upload(page: Page, files: Sequence[Path]) -> None:
    """Sends files and waits until everything is analysed or refused."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose files").click()
    done = page.get_by_role("status").filter(has_text="could not be analysed")
    # Earlier uploads stay listed.
    before = await done.count()
    await (await chooser.value).set_files(files)
    await expect(done).to_have_count(before + 1, timeout=180_000)


async def search(page: Page, query: str) -> None:
    """Types a query and sends it."""
    box = page.get_by_role("searchbox")
    await box.fill(query)
    await box.press("Enter")


async def draw_map(page: Page, method: str, dimensions: int) -> None:
    """Draws a map of all images and waits until it is on the screen."""
    await page.get_by_role("button", name="New map").click()
    form = page.get_by_role("form", name="Draw a map")
    await form.get_by_text(method, exact=True).click()
    await form.get_by_text(f"{dimensions}-D", exact=True).click()
    await form.get_by_role("button", name="Draw a map").click()
    await page.get_by_role("heading", name=f"{method} {dimensions}-D").wait_for(timeout=60_000)
    # Until it is made, the early picture stands there, which nothing can be selected on.
    # The first map of a method compiles its kernels, which takes minutes on a machine that does much else.
    await page.get_by_role("application", name=f"{method} {dimensions}-D").wait_for(timeout=300_000)
    await page.locator("canvas").wait_for()


async def select_on_map(page: Page) -> None:
    """Draws a box over the whole map."""
    frame = await page.locator("canvas").bounding_box()
    assert frame is not None
    await page.get_by_role("button", name="Select with a box").click()
    await page.mouse.move(frame["x"] + 5, frame["y"] + 5)
    await page.mouse.down()
    await page.mouse.move(frame["x"] + frame["width"] - 5, frame["y"] + frame["height"] - 5, steps=4)
    await page.mouse.up()


async def make_map(page: Page, loupe: StandaloneProcess, project: str, name: str) -> None:
    """Has a map of all images made, for all of the project, by whoever is signed in, and waits; shows nothing."""
    wanted = {
        "method": "METHOD_UMAP",
        "dimensions": 2,
        "displayName": name,
        "visibility": "VISIBILITY_SHARED",
        "selector": {"query": ""},
    }
    address = f"/v1/projects/{project}/analyses"
    answer = await page.request.post(address, data={"analysis": wanted}, headers={"origin": loupe.http})
    assert answer.ok, await answer.text()
    for _ in range(600):
        found = await (await page.request.get(address)).json()
        if any(one["displayName"] == name and one["state"] == "STATE_SUCCEEDED" for one in found["analyses"]):
            return
        await page.wait_for_timeout(200)
    raise AssertionError(f"the map {name!r} is not there after two minutes")
