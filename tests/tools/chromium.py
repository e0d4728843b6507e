"""A real Chromium, driven by Playwright, whose complaints fail the test.

While a module's browser is open, Playwright keeps an event loop in the test's thread: what calls
``asyncio.run`` (pyHanko's signing does) belongs in another thread or process there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from tests import setup_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebError

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
)


@dataclass
class BrowserFaults:
    """Console errors, uncaught exceptions and breaches of the Content-Security-Policy, in order.

    Chromium reports a refused resource and an answer of 4xx or 5xx as console errors too.
    """

    seen: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """Say that the test provokes a fault whose text contains ``part``; it must then come."""
        self.expected.append(part)

    def watch(self, context: BrowserContext) -> None:
        """Note every fault of every page of the context from now on."""
        context.on("console", self._note_message)
        context.on("weberror", self._note_exception)

    def verdict(self) -> tuple[str, ...]:
        """What is wrong: faults that nobody expected, expected faults that did not come."""
        surprising = [one for one in self.seen if not any(part in one for part in self.expected)]
        absent = [part for part in self.expected if not any(part in one for one in self.seen)]
        return (*surprising, *(f"expected, but did not come: {part}" for part in absent))

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"{message.text} [{message.location.get('url', '')}]")

    def _note_exception(self, error: WebError) -> None:
        self.seen.append(f"uncaught: {error.error}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the Chromium executable."""
    path = setup_tools.find(setup_tools.CHROMIUM)
    if path is None:
        pytest.fail(setup_tools.sentence((setup_tools.CHROMIUM,)), pytrace=False)
    return path


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A running Chromium; its temporary profile is new and removed after the module."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def browser_faults() -> Iterator[BrowserFaults]:
    """What the browser complains about in this test; the test fails for what it does not expect."""
    faults = BrowserFaults()
    yield faults
    assert faults.verdict() == ()


@pytest.fixture
def new_browser_context(
    browser: Browser, browser_faults: BrowserFaults
) -> Iterator[Callable[..., BrowserContext]]:
    """A function that opens a profile of its own; it takes the options of Playwright's contexts."""
    opened: list[BrowserContext] = []

    def open_context(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        opened.append(context)
        context.set_default_timeout(30_000)
        browser_faults.watch(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.fixture
def browser_page(new_browser_context: Callable[..., BrowserContext]) -> Page:
    """An empty page in a fresh profile: no cookies, no storage, no authenticator."""
    return new_browser_context().new_page()
