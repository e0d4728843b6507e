"""The browser fixtures open real pages and report what the browser complains about."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.chromium import BrowserFaults

PAGES = {
    "/": "<!doctype html><title>Served here</title><link rel=icon href='data:,'><h1>One</h1>",
    "/inline": "<!doctype html><title>Inline</title><link rel=icon href='data:,'>"
    "<script>document.title = 'It ran'</script>",
    "/script": "<!doctype html><title>Broken</title><link rel=icon href='data:,'>"
    "<script src='/broken.js'></script>",
    "/broken.js": "throw new Error('on purpose')",
}


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path)
        self.send_response(404 if body is None else 200)
        kind = "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", "script-src 'self'")
        self.end_headers()
        self.wfile.write((body or "nothing here").encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep the test's output for the test."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_chromium_opens_a_page_of_this_machine(browser_page: Page, site: str) -> None:
    browser_page.goto(site)
    assert browser_page.title() == "Served here"
    assert browser_page.get_by_role("heading").inner_text() == "One"


def test_a_breach_of_the_content_security_policy_is_a_fault(
    browser_page: Page, browser_faults: BrowserFaults, site: str
) -> None:
    browser_page.goto(f"{site}/inline")
    assert browser_page.title() == "Inline"
    assert len(browser_faults.verdict()) == 1
    browser_faults.expect("Content Security Policy")
    assert browser_faults.verdict() == ()


@pytest.mark.parametrize(
    ("path", "fault"), [("/script", "uncaught: on purpose"), ("/absent", "404")]
)
def test_a_script_that_throws_and_a_page_that_is_absent_are_faults(
    browser_page: Page, browser_faults: BrowserFaults, site: str, path: str, fault: str
) -> None:
    browser_page.goto(site + path)
    browser_page.evaluate("0")
    assert any(fault in seen for seen in browser_faults.seen)
    browser_faults.expect(fault)


def test_an_expected_fault_that_does_not_come_is_reported(browser_faults: BrowserFaults) -> None:
    browser_faults.expect("never")
    assert browser_faults.verdict() == ("expected, but did not come: never",)
    browser_faults.expected.clear()


def test_every_context_is_a_fresh_profile(
    new_browser_context: Callable[..., BrowserContext], site: str
) -> None:
    first, second = new_browser_context().new_page(), new_browser_context().new_page()
    for page in (first, second):
        page.goto(site)
    first.evaluate("localStorage.setItem('mine', '1')")
    assert first.evaluate("localStorage.getItem('mine')") == "1"
    assert second.evaluate("localStorage.getItem('mine')") is None


def test_chromium_reaches_no_other_machine(
    browser_page: Page, browser_faults: BrowserFaults
) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        browser_page.goto("http://counterseal.example/")


def test_a_virtual_authenticator_can_be_added(browser_page: Page, site: str) -> None:
    browser_page.goto(site)
    session = browser_page.context.new_cdp_session(browser_page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    assert added["authenticatorId"]


def test_a_test_that_uses_the_browser_is_marked_so(
    request: pytest.FixtureRequest, chromium: str
) -> None:
    assert request.node.get_closest_marker("browser") is not None
