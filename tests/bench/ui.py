"""Times the web UI in headless Chromium: first load, grid and search of 100,000 images, maps of up to 1,000,000 points.

The images are rows made up in the database of a standalone; their thumbnails are one picture that the browser is
handed, and the columns of the maps are made up in it: what is timed is the page, with its server's answers to
searches, not the making of thumbnails or coordinates. Chromium draws without a graphics card (SwiftShader), as CI
does; with one, maps are faster.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import io
import json
import sqlite3
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.async_api import Page, Request, Response, Route, async_playwright

from loupe_client.demo.server import StandaloneProcess
from tests.bench import _search_data
from tests.e2e import chromium

EMAIL, PASSWORD = "chief@plant.example", "a long enough pass phrase"
QUERIES = ("line:L1", "conf<0.5 label:scratch", "tag:shift-1", "camera:cam1 OR camera:cam2", "NOT label:OK")
ANALYSIS = "00000000-0000-7000-8000-0000000000a1"
CLASSES = 12

# All of these wait inside the page: a question from outside takes as long as some of the answers.
CLICK = """
(selector) => { const begun = performance.now(); document.querySelector(selector).click(); return begun; }
"""
UNTIL_PAINTED = """
(selector) => new Promise((resolve) => {
  const look = () => {
    const found = document.querySelector(selector);
    const ready = found && (!(found instanceof HTMLImageElement) || (found.complete && found.naturalWidth > 0));
    if (ready) requestAnimationFrame(() => setTimeout(() => resolve(performance.now()), 0));
    else requestAnimationFrame(look);
  };
  look();
})
"""
# The page notes when it has asked for the points; reading a pixel waits until they are there.
UNTIL_DRAWN = """
() => new Promise((resolve) => {
  const look = () => {
    const [mark] = performance.getEntriesByName("loupe:map-drawn");
    if (!mark) return setTimeout(look, 2);
    const gl = document.querySelector("canvas").getContext("webgl2");
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    resolve(performance.now());
  };
  look();
})
"""
# Columns in the forms that AnalysisService documents, made in the page: handing megabytes over to a browser under test
# would take longer than anything measured here.
PREPARE_MAP = """
({ analysis, count, classes }) => {
  let state = 11;
  const random = () => (state = (state * 1664525 + 1013904223) % 4294967296) / 4294967296;
  const around = () => random() + random() + random() - 1.5;
  const groups = Array.from({ length: classes }, () => [around() * 8, around() * 8]);
  const table = new ArrayBuffer(16 + count * 24);
  new Uint8Array(table).set([76, 80, 67, 49]);
  new Uint32Array(table, 4, 2).set([count, 2]);
  const ids = new Uint32Array(table, 16, count * 4);
  const [xs, ys] = [16, 20].map((each) => new Float32Array(table, 16 + count * each, count));
  const codes = new Uint8Array(count);
  for (let row = 0; row < count; row += 1) {
    codes[row] = Math.floor(random() * classes);
    const [x, y] = groups[codes[row]];
    [xs[row], ys[row], ids[4 * row]] = [x + around(), y + around(), row + 1];
  }
  const names = new TextEncoder().encode(JSON.stringify(groups.map((_, group) => `class ${group}`)).padEnd(512));
  const values = new ArrayBuffer(16 + names.length + count);
  new Uint8Array(values).set([76, 80, 86, 49]);
  new Uint32Array(values, 4, 3).set([count, 1, names.length]);
  new Uint8Array(values).set(names, 16);
  new Uint8Array(values).set(codes, 16 + names.length);
  const answers = [
    [":coordinates", table],
    [":values", values],
    ["/analyses", JSON.stringify({ analyses: [analysis] })],
  ];
  const headers = { "content-type": "application/json" };
  window.madeUp = (what) => {
    const url = typeof what === "string" ? what : what.url;
    const found = answers.find(([part]) => url.includes(part));
    return found && Promise.resolve(new Response(found[1], { headers }));
  };
}
"""
# Put in before the page's own scripts, which keep the fetch that they find.
CATCH_FETCH = """
const asked = window.fetch;
window.fetch = (what, more) => window.madeUp?.(what) ?? asked(what, more);
"""
ARM_LASSO = """
() => {
  window.lasso = new Promise((resolve) => {
    document.addEventListener("pointerup", () => {
      const begun = performance.now();
      const look = () => {
        if (!document.querySelector('section[aria-label="Selected points"]')) return requestAnimationFrame(look);
        setTimeout(() => resolve(performance.now() - begun), 0);
      };
      requestAnimationFrame(look);
    }, { capture: true, once: true });
  });
}
"""
ARM_QUERY = """
() => {
  const shown = () => [...document.querySelectorAll('img[src*=":thumbnail"]')];
  window.answered = new Promise((resolve) => {
    document.addEventListener("keydown", () => {
      const begun = performance.now();
      const before = new Set(shown().map((image) => image.src));
      const look = () => {
        const isThere = shown().some((image) => image.complete && !before.has(image.src));
        if (isThere) resolve(performance.now() - begun); else requestAnimationFrame(look);
      };
      look();
    }, { capture: true, once: true });
  });
}
"""

# Frames that the page misses while somebody scrolls fast, three screens a second, as people look for something.
SCROLL = """
(seconds) => new Promise((resolve) => {
  const frame = document.querySelector('[data-testid="grid"]');
  const pixelsPerMs = (3 * frame.clientHeight) / 1000;
  const gaps = [];
  let before = 0;
  const begun = performance.now();
  const look = (now) => {
    if (before) {
      gaps.push(now - before);
      frame.scrollTop += pixelsPerMs * (now - before);
    }
    before = now;
    if (now - begun < 1000 * seconds) return requestAnimationFrame(look);
    const missed = gaps.reduce((sum, gap) => sum + Math.max(0, Math.round(gap / (1000 / 60)) - 1), 0);
    resolve((100 * missed) / (missed + gaps.length));
  };
  requestAnimationFrame(look);
})
"""
SCROLL_SECONDS = 5
# The page fetches what maps need after this time; nobody opens a map sooner than he sees the page.
UNTIL_QUIET_MS = 3_000


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.add.outer(np.arange(256), np.arange(256)).astype(np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


async def _prepare_map(page: Page, project: str, count: int) -> None:
    analysis = {
        "name": f"projects/{project}/analyses/{ANALYSIS}",
        "displayName": "Made up",
        "state": "STATE_SUCCEEDED",
        "pointCount": count,
    }
    await page.evaluate(PREPARE_MAP, {"analysis": analysis, "count": count, "classes": CLASSES})


async def _map(page: Page, base: str, project: str, count: int) -> tuple[float, float]:
    """Milliseconds until a map's points are drawn, and from the end of a lasso until its selection is shown."""
    await page.goto(f"{base}/projects/{project}?tab=upload")
    await page.get_by_role("button", name="Choose files").wait_for()
    await _prepare_map(page, project, count)
    await page.wait_for_timeout(UNTIL_QUIET_MS)
    begun = await page.evaluate(CLICK, 'a[href*="tab=maps"]')
    drawn = await page.evaluate(UNTIL_DRAWN)
    box = await page.locator("canvas").bounding_box()
    assert box is not None
    await page.get_by_role("button", name="Select with a lasso").click()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    around = [(np.cos(angle) * 0.46, np.sin(angle) * 0.46) for angle in np.linspace(0, 6, 24)]
    await page.mouse.move(middle[0] + around[0][0] * box["width"], middle[1])
    await page.mouse.down()
    for right, down in around:
        await page.mouse.move(middle[0] + right * box["width"], middle[1] + down * box["height"])
    await page.evaluate(ARM_LASSO)
    await page.mouse.up()
    return drawn - begun, await page.evaluate("() => window.lasso")


async def _first_load(page: Page, base: str) -> float:
    """Kilobytes of JavaScript, compressed by gzip, that the list of projects loads."""
    scripts: list[Response] = []
    page.on("response", lambda response: scripts.append(response) if response.url.endswith(".js") else None)
    await page.goto(base)
    await page.get_by_role("heading", name="Projects").wait_for()
    await page.wait_for_load_state("networkidle")
    sizes = [len(gzip.compress(await response.body(), 9)) for response in scripts]
    return sum(sizes) / 1000


async def _grid(page: Page, base: str, project: str) -> float:
    """Milliseconds from the click on the project until the first image of its grid is painted."""
    await page.goto(base)
    await page.locator(f'a[href$="{project}"]').wait_for()
    begun = await page.evaluate(CLICK, f'a[href$="{project}"]')
    painted: float = await page.evaluate(UNTIL_PAINTED, 'img[src*=":thumbnail"]')
    return painted - float(begun)


async def _scroll(page: Page, base: str, project: str) -> float:
    """Percent of frames that are missed while the grid is scrolled."""
    await _grid(page, base, project)
    await page.wait_for_load_state("networkidle")
    return float(await page.evaluate(SCROLL, SCROLL_SECONDS))


async def _query(page: Page, query: str) -> float:
    """Milliseconds from Enter until what is drawn is the answer: its first image is painted."""
    await page.evaluate(ARM_QUERY)
    box = page.get_by_role("combobox").or_(page.get_by_role("searchbox")).first
    await box.fill(query)
    async with page.expect_response(lambda response: "images:search" in response.url):
        await box.press("Enter")
    return float(await page.evaluate("() => window.answered"))


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 1)


async def _repeated(times: int, measure: Callable[[], Awaitable[float]]) -> float:
    return _median([await measure() for _ in range(times)])


async def _measure(loupe: StandaloneProcess, given: argparse.Namespace, browser_path: str) -> dict[str, Any]:
    picture = _picture()
    project = _search_data.PROJECT
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=list(chromium.FLAGS))
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")

        async def thumbnail(route: Route, _: Request) -> None:
            await route.fulfill(body=picture, content_type="image/jpeg")

        await context.route("**/images/*:thumbnail*", thumbnail)
        await context.add_init_script(CATCH_FETCH)
        page = await context.new_page()
        await page.goto(loupe.http)
        await page.get_by_label("E-mail").fill(EMAIL)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.get_by_role("heading", name="Projects").wait_for()
        result: dict[str, Any] = {"first_load_kb": round(await _first_load(page, loupe.http), 1)}
        if given.images:
            result["images"] = given.images
            result["grid_first_image_ms"] = await _repeated(given.rounds, lambda: _grid(page, loupe.http, project))
            result["scroll_missed_frames_percent"] = await _repeated(
                given.rounds, lambda: _scroll(page, loupe.http, project)
            )
            result["query_to_grid_ms"] = _median([await _query(page, query) for query in QUERIES])
        for count in given.points:
            found = [await _map(page, loupe.http, project, count) for _ in range(given.rounds)]
            result[f"map_first_draw_ms_{count}"] = _median([drawn for drawn, _ in found])
            result[f"lasso_ms_{count}"] = _median([lasso for _, lasso in found])
        await browser.close()
        return result


def _give_project_to_its_owner(data: Path) -> None:
    """Makes the account that signs in the owner of the project that was written into the database."""
    with sqlite3.connect(data / "auth.db") as accounts:
        (owner,) = accounts.execute("SELECT id FROM users").fetchone()
    with sqlite3.connect(data / "project.db") as projects:
        projects.execute("UPDATE projects SET owner_id = ?", (owner,))


def main() -> None:
    """Runs the measurement and prints it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--images", type=int, default=100_000, help="of the grid; 0 leaves it out")
    parser.add_argument("--points", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    path, reason = chromium.find_chromium()
    if path is None:
        raise SystemExit(reason)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        loupe = StandaloneProcess(
            Path(folder), {"LOUPE_AUTH_ADMIN_EMAIL": EMAIL, "LOUPE_AUTH_ADMIN_PASSWORD": PASSWORD}
        )
        loupe.start()  # makes databases and the account
        loupe.stop()
        asyncio.run(_search_data.write(f"sqlite:///{loupe.data / 'project.db'}", max(given.images, 1)))
        _give_project_to_its_owner(loupe.data)
        loupe.start()
        try:
            print(json.dumps(asyncio.run(_measure(loupe, given, path))))
        finally:
            loupe.stop()


if __name__ == "__main__":
    main()
