"""A real browser, for conversations on the page: Debian's chromium, led by playwright."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.server import PATIENCE, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = Path("/usr/bin/chromium")

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
"""It runs as whoever runs the tests, and speaks to nobody but the server."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser while the block runs; the test is skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}")
    with playwright.sync_playwright() as started:
        browser: Browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """Somebody at a browser of their own. What its console complains of and whom it asks is noted."""

    def __init__(self, browser: Browser, home: str, *, width: int = 900, height: int = 700) -> None:
        self.home = home
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-GB", timezone_id="UTC"
        )
        self.context.set_default_timeout(PATIENCE * 1000)
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page = self.tab()

    def tab(self) -> Page:
        """One more tab."""
        page = self.context.new_page()
        page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith(self.home) else self.elsewhere.append(sent.url))
        page.on("dialog", lambda dialog: self.complaints.append(f"a dialog: {dialog.message}"))
        return page

    def logs_in(self, server: Server, name: str) -> Page:
        """Open the link that an ssh session of this name prints."""
        done = server.run(name, "web")
        assert done.returncode == 0, done.stderr
        link = done.stdout.decode().split()[0]
        assert link.startswith(f"{self.home}/login#")
        self.page.goto(link)
        self.page.locator("#app").wait_for()
        return self.page

    def types(self, text: str) -> None:
        """Type into the message, and press Enter."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def rows(self) -> list[str]:
        """The ids of the rows on the page, in their order."""
        found: list[str] = self.page.eval_on_selector_all("#rows > .row[id]", "all => all.map(one => one.id.slice(4))")
        return found

    def leave(self) -> None:
        """Close it."""
        self.context.close()
