"""A release, an entry and a report, carried through in a real Chromium."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ledger.core.proof import format_proof
from tests.webui.house import build
from tests.webui.seed import PASSWORD, Lived, Seeded, live, seed
from webui.identity.links import (
    issue_setup_link,
    issue_sign_in_link,
    setup_url,
    sign_in_url,
)
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page


expect.set_options(timeout=30_000)
AXE = "tests/journeys/vendor/axe.min.js"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seeded, Lived, str]]:
    """A company with some weeks of work, served on loopback."""
    made = build(tmp_path_factory.mktemp("journey") / "home")
    seeded = seed(made)
    lived = live(seeded)
    server = Server(made.app, host="127.0.0.1", port=0, threads=4, https=False)
    server.start()
    yield seeded, lived, server.url
    server.stop()
    made.wiring.close()


@pytest.fixture
def served(company: tuple[Seeded, Lived, str]) -> tuple[Seeded, str]:
    """Who is there, and where."""
    return company[0], company[2]


def sign_in(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail address").fill(f"{name}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


def test_who_asked_is_not_offered_to_approve_and_reads_why(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    seeded, url = served
    sign_in(browser_page, url, "bo")
    browser_page.goto(f"{url}/releases/{seeded.release}")
    expect(browser_page.get_by_text("the same person asked for this release").first).to_be_visible()
    expect(browser_page.get_by_text("The policy would refuse your vote.")).to_be_visible()
    expect(browser_page.get_by_role("button", name="Approve")).to_have_count(0)


def test_an_approver_finds_the_release_and_approves_it(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    seeded, url = served
    sign_in(browser_page, url, "chi")
    card = browser_page.get_by_role("article").filter(has_text="churn 1.0.0 to production")
    card.get_by_role("link", name="Review").click()
    browser_page.get_by_label("Comment (optional)").fill("Checked against the card.")
    browser_page.get_by_role("button", name="Approve").click()
    expect(browser_page.get_by_text("Approved. This is entry")).to_be_visible()
    expect(browser_page.get_by_text("Checked against the card.").first).to_be_visible()
    expect(browser_page.get_by_text("You approved this")).to_be_visible()
    votes = seeded.house.wiring.reader.release(seeded.release).votes
    assert [vote.actor for vote in votes] == [seeded.chi]


def test_an_entry_is_found_by_filter_and_verified(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    _, url = served
    sign_in(browser_page, url, "chi")
    browser_page.get_by_role("link", name="Ledger", exact=True).click()
    browser_page.get_by_label("Kind").select_option("version.registered")
    browser_page.get_by_label("Model").select_option("triage")
    browser_page.get_by_label("Version").fill("1.1.0")
    browser_page.get_by_role("button", name="Filter").click()
    assert "version=1.1.0" in browser_page.url
    rows = browser_page.get_by_role("row")
    expect(rows).to_have_count(2)
    rows.nth(1).get_by_role("link").first.click()
    browser_page.get_by_role("button", name="Verify this entry").click()
    expect(browser_page.get_by_text("✓ verifies")).to_be_visible()
    expect(browser_page.get_by_text("✓ holds")).to_have_count(6)


def test_the_number_of_matches_follows_the_filters(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    _, url = served
    sign_in(browser_page, url, "chi")
    browser_page.goto(f"{url}/ledger")
    matches = browser_page.locator("#matches")
    browser_page.get_by_label("Kind").select_option("version.registered")
    browser_page.get_by_label("Model").select_option("triage")
    expect(matches).to_have_text("2 entries match")
    browser_page.get_by_label("Version").fill("1.1.0")
    expect(matches).to_have_text("1 entry matches")
    browser_page.get_by_role("button", name="Filter").click()
    expect(browser_page.get_by_role("row")).to_have_count(2)
    browser_page.get_by_label("Format").select_option("csv")
    with browser_page.expect_download() as waiting:
        browser_page.get_by_role("button", name="Export").click()
    assert waiting.value.suggested_filename.endswith("-entries-filtered.csv")
    assert waiting.value.path().read_text(encoding="utf-8").count("version.registered/v") == 1


def test_an_auditor_drops_a_file_without_signing_in(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    seeded, url = served
    proof = format_proof(seeded.house.wiring.log.prove(5)).decode()
    browser_page.goto(f"{url}/login")
    browser_page.get_by_role("link", name="Verify it").click()
    expect(browser_page.get_by_text("Or drop a receipt")).to_be_visible()
    dropped = browser_page.evaluate_handle(
        """text => {
          const held = new DataTransfer();
          held.items.add(new File([text], "entry-5.tlog-proof"));
          return held;
        }""",
        proof,
    )
    browser_page.dispatch_event("form[data-drop]", "drop", {"dataTransfer": dropped})
    expect(browser_page.get_by_text("✓ verifies")).to_be_visible()
    expect(browser_page.get_by_text("✓ holds")).to_have_count(5)
    wrong = {"name": "entry-5.tlog-proof", "mimeType": "text/plain"}
    wrong["buffer"] = proof.replace("index 5", "index 6").encode()
    browser_page.get_by_label("Proof (.tlog-proof)").set_input_files(wrong)
    browser_page.get_by_role("button", name="Verify").click()
    expect(browser_page.get_by_text("✗ does not verify")).to_be_visible()


def test_the_ledger_is_verified_from_its_page(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    _, url = served
    sign_in(browser_page, url, "chi")
    browser_page.goto(f"{url}/log")
    browser_page.get_by_role("button", name="Verify now").click()
    expect(browser_page.get_by_role("group", name="Runs of the verifier")).to_contain_text(
        "✓ verified"
    )
    expect(browser_page.get_by_role("button", name="Verify now")).to_be_visible()


def test_a_report_is_made_and_downloaded(
    served: tuple[Seeded, str], browser_page: Page, tmp_path: Path
) -> None:
    _, url = served
    sign_in(browser_page, url, "chi")
    browser_page.get_by_role("link", name="Reports").click()
    browser_page.get_by_label("From").fill("2026-01-01")
    browser_page.get_by_label("Until").fill("2026-12-31")
    browser_page.get_by_role("button", name="Make report").click()
    expect(browser_page.get_by_text("is made:")).to_be_visible(timeout=60_000)
    with browser_page.expect_download() as waiting:
        browser_page.get_by_role("link", name="PDF").first.click()
    file = tmp_path / "report.pdf"
    waiting.value.save_as(file)
    told = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told


def test_a_one_time_link_sets_a_password_and_leaves_the_address_bar(
    served: tuple[Seeded, str], browser_page: Page
) -> None:
    seeded, url = served
    invited = seeded.house.enrol("Fay", "fay@example.org", "auditor")
    secret = issue_setup_link(seeded.house.wiring, for_actor=invited)
    browser_page.goto(setup_url(url, secret))
    browser_page.get_by_label("New password").fill(PASSWORD)
    assert secret not in browser_page.url
    browser_page.get_by_label("The same again").fill(PASSWORD)
    browser_page.get_by_role("button", name="Set up").click()
    browser_page.wait_for_url(f"{url}/")
    expect(browser_page.get_by_role("link", name="Fay")).to_be_visible()


def test_a_sign_in_link_signs_in_by_itself(served: tuple[Seeded, str], browser_page: Page) -> None:
    seeded, url = served
    for opened_before in (False, True):
        browser_page.context.clear_cookies()
        browser_page.goto(f"{url}/login" if opened_before else "about:blank")
        secret = issue_sign_in_link(seeded.house.wiring, seeded.ana)
        browser_page.goto(sign_in_url(url, secret))
        browser_page.wait_for_url(f"{url}/")
    expect(browser_page.get_by_role("link", name="Ana Kovač")).to_be_visible()


def test_everything_works_without_script(
    served: tuple[Seeded, str], new_browser_context: Callable[..., BrowserContext]
) -> None:
    seeded, url = served
    page = new_browser_context(java_script_enabled=False).new_page()
    secret = issue_sign_in_link(seeded.house.wiring, seeded.chi)
    page.goto(f"{url}/login")
    page.get_by_text("Use a one-time sign-in link").click()
    page.get_by_label("One-time code").fill(secret)
    page.get_by_role("button", name="Sign in by link").click()
    page.wait_for_url(f"{url}/")
    page.get_by_role("link", name="Ledger", exact=True).click()
    page.get_by_label("Outcome").select_option("deny")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("row").nth(1).get_by_role("link").first.click()
    page.get_by_role("button", name="Verify this entry").click()
    expect(page.get_by_text("✓ holds")).to_have_count(6)
    page.goto(f"{url}/log")
    expect(page.get_by_role("button", name="Copy the command")).to_be_hidden()


def test_a_new_token_is_copied_by_a_button(
    served: tuple[Seeded, str], new_browser_context: Callable[..., BrowserContext]
) -> None:
    _, url = served
    context = new_browser_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page = context.new_page()
    sign_in(page, url, "dee")
    page.goto(f"{url}/account")
    page.get_by_label("Name of the new token").fill("laptop")
    page.get_by_role("button", name="Make token").click()
    page.get_by_role("button", name="Copy the token").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#secret").inner_text()


def test_a_printed_page_has_whole_digests_and_no_ways_to_go(
    company: tuple[Seeded, Lived, str], browser_page: Page, tmp_path: Path
) -> None:
    seeded, lived, url = company
    sign_in(browser_page, url, "chi")
    browser_page.goto(f"{url}/ledger/{lived.granted}")
    file = tmp_path / "entry.pdf"
    browser_page.pdf(path=str(file), format="A4")
    told = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Verify this entry" not in told
    assert "Deployments" not in told
    joined = "".join(told.split())
    assert seeded.house.wiring.log.entry(lived.granted).leaf.hex() in joined
    assert '"predicateType"' in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anybody_out(
    company: tuple[Seeded, Lived, str],
    new_browser_context: Callable[..., BrowserContext],
    scheme: str,
) -> None:
    """axe-core finds nothing but trifles; nothing is wider than a telephone's screen."""
    seeded, lived, url = company
    # The policy of the pages refuses injected scripts, so it is lifted for the examiner alone.
    context = new_browser_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    found, wide = {}, []
    for path in ("/login", "/setup", "/verify"):
        page.goto(url + path)
        found[path] = faults(page, scheme)
    sign_in(page, url, "rae")
    pages = ["/", "/models", "/models/triage", "/models/triage/1.1.0", "/deployments", "/ledger"]
    pages += [f"/ledger/{lived.refused}", f"/ledger/{lived.granted}", "/reports", "/policy"]
    pages += ["/controls", "/controls/soc2-cc8-1-authorised", "/population"]
    pages += [f"/releases/{seeded.release}", f"/releases/{lived.lapsed}", "/people", "/account"]
    pages += [f"/people/{seeded.ana}", "/log", "/log/checkpoints", "/verify", "/notices"]
    votes = seeded.house.wiring.reader.release(lived.granted).votes
    pages += [f"/releases/{lived.granted}/votes/{votes[0].entry}"]
    pages += ["/changes", "/policy/new", "/exceptions", "/samples", "/statements", "/incidents"]
    pages += ["/statements/gdpr-35"]
    for path in pages:
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(url + path)
        open_all(page)
        found[path] = faults(page, scheme)
        page.set_viewport_size({"width": 390, "height": 844})
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)
    assert {path: those for path, those in found.items() if those} == {}
    assert wide == []


def open_all(page: Page) -> None:
    """Open what is folded away, so that it is examined too."""
    page.evaluate("for (const part of document.querySelectorAll('details')) { part.open = true; }")


def faults(page: Page, scheme: str = "light") -> list[str]:
    """What axe-core calls moderate, serious or critical; of the dark scheme, what differs there."""
    page.add_script_tag(path=AXE)
    rules = ", runOnly: ['color-contrast']" if scheme == "dark" else ""
    result = page.evaluate(f"axe.run({{resultTypes: ['violations']{rules}}})")
    return [
        f"{item['id']}: {item['nodes'][0]['html'][:120]} {item['nodes'][0]['failureSummary'][:200]}"
        for item in result["violations"]
        if item["impact"] != "minor"
    ]
