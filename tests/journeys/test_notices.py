"""The pages of notices in a real Chromium: used by keyboard and mouse, and open to everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.store.database import writing
from ledger.store.notices import DEAD, Delivery, plan_deliveries
from tests.journeys.test_browser import faults, open_all, sign_in
from tests.webui.house import build
from tests.webui.notices.conftest import FILE, SECRET
from tests.webui.seed import PASSWORD, Seeded, seed
from webui.app import create_app
from webui.identity.accounts import create_account
from webui.notices.subscribing import own_subscriptions
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Seeded, str]]:
    """A company with channels, one delivery given up, and an administrator, Rae."""
    house = build(tmp_path / "home")
    file = tmp_path / "notices.toml"
    values = {"port": 25, "user": "u", "certificate": "x.pem"}
    file.write_text(FILE.format(url="http://localhost:1", secret=SECRET, **values))
    file.chmod(0o600)
    settings = replace(house.wiring.settings, notices_file=file, reminder_hours=24)
    house.wiring = replace(house.wiring, settings=settings)
    house.app = create_app(house.wiring)
    made = seed(house)
    create_account(house.wiring, house.enrol("Rae", "rae@example.org", "administrator"), PASSWORD)
    dead = Delivery("entry/5", "ab" * 8, 5, "risk", DEAD, 12, "2026", "2026-03-09T08:00:00Z", "No.")
    with writing(house.wiring.engine) as connection:
        plan_deliveries(
            connection, house.wiring.log.log_id, [dead, replace(dead, occasion="reminder/5")]
        )
    server = Server(house.app, host="127.0.0.1", port=0, threads=4, https=False)
    server.start()
    yield made, server.url
    server.stop()
    house.wiring.close()


def test_a_person_chooses_what_to_be_told_of(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    seeded, url = served
    sign_in(browser_page, url, "ana")
    browser_page.goto(f"{url}/account")
    browser_page.get_by_role("link", name="What I am told of").click()
    browser_page.get_by_label("New version").check()
    browser_page.get_by_label("Deprecation").check()
    browser_page.get_by_role("combobox", name="Model").fill("churn")
    browser_page.get_by_role("button", name="Add").click()
    browser_page.get_by_role("cell", name="New version, Deprecation").wait_for()
    (made,) = own_subscriptions(seeded.house.wiring, seeded.ana)
    assert (made.topics, made.model) == (("new_version", "deprecation"), "churn")
    browser_page.get_by_role("button", name="Remove email: New version").click()
    browser_page.get_by_text("None yet.").wait_for()
    assert own_subscriptions(seeded.house.wiring, seeded.ana) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_notices_keep_nobody_out(
    served: tuple[Seeded, str], new_browser_context: Callable[..., BrowserContext], scheme: str
) -> None:
    _, url = served
    # The policy of the pages refuses injected scripts, so it is lifted for the examiner alone.
    page = new_browser_context(bypass_csp=True, color_scheme=scheme).new_page()
    sign_in(page, url, "rae")
    for path in ("/account/notices", "/notices"):
        page.goto(url + path)
        page.get_by_label("Deployment", exact=True).check()
        page.get_by_role("button", name="Add", exact=True).click()
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(url + path)
        open_all(page)
        assert faults(page) == [], path
        page.set_viewport_size({"width": 390, "height": 844})
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), path
