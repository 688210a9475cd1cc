"""A page of the web UI whose faults are collected while a journey is made through it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

WEB = Path(__file__).parents[2] / "gateway" / "web"
PICTURES = WEB / "test-results"
_AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The browser writes every refusal to the console; a page cannot keep it from that.
_REFUSAL = re.compile(r"the server responded with a status of 40[01] ")
_CATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
# Endless ones (spinners) are no reason to wait; what appears while others end is waited for as well.
_AT_REST = """
async () => {
  const running = () => document.getAnimations().filter(
    (each) => each.playState === "running" && Number.isFinite(each.effect?.getComputedTiming().endTime ?? 0));
  while (running().length > 0) await Promise.allSettled(running().map((each) => each.finished));
}
"""
_RUN_AXE = """
async (rules) => {
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: rules } });
  return violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html.slice(0, 160))]);
}
"""


class WatchedPage:
    """One tab, with everything that went wrong in it.

    Args:
        page: The tab.
        base: URL of the gateway; requests to others are faults.
    """

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self._base = base
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        page.on("request", self._on_request)

    @classmethod
    @asynccontextmanager
    async def open(cls, browser: Browser, base: str, **options: Any) -> AsyncIterator[WatchedPage]:
        """Opens a tab with a profile of its own; when the journey breaks off, keeps a picture of where it stood."""
        context: BrowserContext = await browser.new_context(
            base_url=base, viewport={"width": 1440, "height": 900}, **options
        )
        context.set_default_timeout(60_000)
        await context.add_init_script(_CATCH_POLICY)
        tab = cls(await context.new_page(), base)
        try:
            yield tab
        except Exception as error:
            await tab.picture("failed")
            error.add_note(f"The page so far: {tab.faults or 'no faults'}; see {PICTURES}/failed.png")
            raise
        finally:
            await context.close()

    async def picture(self, name: str) -> None:
        """Keeps how the page looks now, for people to look at."""
        PICTURES.mkdir(exist_ok=True)
        await self.page.evaluate(_AT_REST)
        await self.page.screenshot(path=PICTURES / f"{name}.png")

    async def check_accessibility(self, name: str) -> None:
        """Adds what axe finds against WCAG 2.2 AA to the faults; nothing where axe is not installed.

        Colours are judged when everything has faded in.
        """
        if not _AXE.exists():
            return
        await self.page.evaluate(_AT_REST)
        # Evaluated, not put into the page: the page's policy allows no script but its own.
        await self.page.evaluate(_AXE.read_text())
        found = await self.page.evaluate(_RUN_AXE, _RULES)
        self.faults += [f"accessibility of {name}: {rule} {json.dumps(nodes[:3])}" for rule, nodes in found]

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _REFUSAL.search(message.text):
            self.faults.append(f"console: {message.text} ({message.location['url']})")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self._base, "blob:", "data:")):
            self.faults.append(f"foreign request: {request.url}")
