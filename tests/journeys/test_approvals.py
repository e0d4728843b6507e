"""Two approvers and a requester carry a release through, and one approval goes stale on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.journeys.test_browser import sign_in
from tests.webui.house import build
from tests.webui.seed import Seeded, live, seed
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, Page

    from tests.tools.chromium import BrowserFaults


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seeded, str]]:
    made = build(tmp_path_factory.mktemp("approvals") / "home")
    seeded = seed(made)
    live(seeded)
    server = Server(made.app, host="127.0.0.1", port=0, threads=4, https=False)
    server.start()
    yield seeded, server.url
    server.stop()
    made.wiring.close()


def measured(seeded: Seeded, value: str) -> None:
    """The pipeline evaluates the version once more."""
    metric = {"name": "accuracy", "value": value, "data_set": "holdout", "held_out": True}
    fields: dict[str, Any] = {
        "model": "churn",
        "version": "1.0.0",
        "phase": "evaluation",
        "metrics": [{**metric, "higher_is_better": True}],
    }
    house = seeded.house
    answer = house.api(house.token(seeded.bo)).submit("metrics.observed", fields)
    assert answer.status_code == 201, answer.text


def test_a_release_goes_through_although_one_approval_goes_stale(
    served: tuple[Seeded, str],
    new_browser_context: Callable[..., BrowserContext],
    browser_faults: BrowserFaults,
) -> None:
    seeded, url = served
    browser_faults.expect("409")

    def page_of(name: str) -> Page:
        page = new_browser_context().new_page()
        sign_in(page, url, name)
        page.goto(f"{url}/releases/{seeded.release}")
        return page

    requester, compliance, lead = page_of("bo"), page_of("chi"), page_of("dee")
    expect(requester.get_by_text("The policy would refuse your vote")).to_be_visible()
    expect(requester.get_by_role("button", name="Approve")).to_have_count(0)

    compliance.get_by_label("Comment (optional)").fill("The numbers hold.")
    compliance.get_by_role("button", name="Approve").click()
    expect(compliance.get_by_text("Approved. This is entry")).to_be_visible()

    measured(seeded, "0.97")
    # The lead's page is from before: what it shows is not approved.
    lead.get_by_role("button", name="Approve").click()
    expect(
        lead.get_by_text("What there is to look at changed since you were shown it")
    ).to_be_visible()
    lead.goto(f"{url}/releases/{seeded.release}")
    lead.get_by_role("button", name="Approve").click()
    expect(lead.get_by_text("Approved. This is entry")).to_be_visible()
    expect(lead.get_by_text("cannot count: approved before entry")).to_be_visible()
    assert seeded.house.wiring.reader.release(seeded.release).status == "open"

    compliance.goto(f"{url}/releases/{seeded.release}")
    expect(compliance.get_by_text("Your approval does not count any more")).to_be_visible()
    expect(compliance.get_by_text("now 0.97").first).to_be_visible()
    compliance.get_by_label("Comment (optional)").fill("Looked again.")
    compliance.get_by_role("button", name="Approve").click()
    expect(compliance.get_by_text("The release is granted now")).to_be_visible()

    requester.reload()
    expect(requester.get_by_role("heading", level=1)).to_contain_text("granted")
    requester.get_by_role("link", name="what was shown").first.click()
    expect(requester.get_by_text("This is what was approved")).to_be_visible()
    assert "0.97" not in requester.locator("main").inner_text()
