"""Passkeys in a real Chromium with a virtual authenticator: enrolled, countersigned, signed with."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ledger.audit import audit
from ledger.events.approval import read_statement
from ledger.events.proof import WebAuthnProof
from tests.attacks.rewriting import rewrite_entry
from tests.journeys.test_browser import sign_in
from tests.webui.house import build
from tests.webui.seed import PASSWORD, Seeded, seed
from webui.identity.accounts import create_account
from webui.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, CDPSession, Page

    from tests.tools.chromium import BrowserFaults

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seeded, str]]:
    made = build(tmp_path_factory.mktemp("passkeys") / "home")
    seeded = seed(made)
    sam = made.enrol("Sam", "sam@example.org", "security_officer")
    create_account(made.wiring, sam, PASSWORD)
    server = Server(made.app, host="127.0.0.1", port=0, threads=4, https=False)
    server.start()
    yield seeded, server.url.replace("127.0.0.1", "localhost")
    server.stop()
    made.wiring.close()


def with_authenticator(page: Page) -> tuple[CDPSession, str]:
    """Give a page an authenticator of its own."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session, made["authenticatorId"]


def proof_of(seeded: Seeded, number: int) -> WebAuthnProof:
    proof = seeded.house.wiring.log.entry(number).proof
    assert isinstance(proof, WebAuthnProof)
    return proof


def test_a_passkey_is_enrolled_countersigned_and_signs_an_approval(
    served: tuple[Seeded, str],
    new_browser_context: Callable[..., BrowserContext],
    browser_faults: BrowserFaults,
) -> None:
    seeded, url = served
    log = seeded.house.wiring.log
    chi, sam = new_browser_context().new_page(), new_browser_context().new_page()
    session, authenticator = with_authenticator(chi)
    sign_in(chi, url, "chi")
    chi.get_by_role("link", name="My account").or_(
        chi.get_by_role("link", name="Chi")
    ).first.click()
    chi.get_by_role("link", name="Passkeys").click()
    chi.get_by_role("button", name="Make a passkey").click()
    chi.get_by_role("button", name="Make the passkey").click()
    expect(chi.get_by_text("The policy asks for somebody else's agreement")).to_be_visible()
    proposal = chi.url
    assert "/changes/" in proposal
    chi.goto(f"{url}/account/passkeys")
    fingerprint = chi.get_by_role("status").locator("code").inner_text()

    sign_in(sam, url, "sam")
    sam.goto(proposal)
    expect(sam.get_by_text("You countersign a key")).to_be_visible()
    expect(sam.get_by_text(fingerprint)).to_be_visible()
    sam.get_by_role("button", name="Agree").click()
    sam.get_by_role("button", name="Carry it out").click()
    expect(sam.get_by_text("It is done. This is entry")).to_be_visible()
    (key,) = seeded.house.wiring.reader.passkeys(actor=seeded.chi)
    assert [seeded.house.wiring.reader.person(one).name for one in key.countersigned] == ["Sam"]

    # Somebody in between changes what the page shows: the script notices, nothing is signed.
    chi.goto(f"{url}/releases/{seeded.release}")
    chi.get_by_role("button", name="Approve with my passkey …").click()
    chi.locator("[data-statement]").evaluate(
        "one => { one.textContent = one.textContent.replace('churn', 'churm'); }"
    )
    chi.get_by_role("button", name="Approve with my passkey").click()
    expect(chi.get_by_text("Do not sign it")).to_be_visible()

    chi.goto(f"{url}/releases/{seeded.release}")
    chi.locator("#comment-signed").fill("Checked against the card.")
    chi.get_by_role("button", name="Approve with my passkey …").click()
    shown = chi.locator("[data-statement]").inner_text()
    chi.get_by_role("button", name="Approve with my passkey").click()
    expect(chi.get_by_text("Approved, and signed by your passkey")).to_be_visible()
    (vote,) = seeded.house.wiring.reader.release(seeded.release).votes
    assert (vote.passkey, vote.device_bound) == (key.key, True)
    signed = base64.b64decode(proof_of(seeded, vote.entry).statement)
    assert signed == shown.encode()
    assert read_statement(signed).reason == log.entry(vote.entry).commitments[0].hmac_sha256

    chi.goto(f"{url}/ledger/{vote.entry}")
    expect(chi.get_by_text("✓ ES256, holds").or_(chi.get_by_text("✓ EDDSA, holds"))).to_be_visible()
    expect(chi.get_by_text(fingerprint)).to_be_visible()

    found = audit(log)
    assert found.problems == []
    assert found.counts.proofs == 1

    # A device that did not verify its user signs nothing that counts.
    browser_faults.expect("422")
    chi.goto(f"{url}/releases/{seeded.release}")
    chi.locator("summary", has_text="Reject").click()
    chi.locator("#reason-signed").fill("On second thoughts")
    chi.get_by_role("button", name="Reject with my passkey …").click()
    session.send(
        "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False}
    )
    chi.get_by_role("button", name="Reject with my passkey").click()
    expect(chi.locator("[data-passkey-told]")).to_be_visible()
    browser_faults.expected.remove("422")

    rewrite(seeded, vote.entry, b"approve", b"reject!")
    told = {(one.sequence, one.code) for one in audit(log).problems}
    assert (vote.entry, "proof-malformed") in told


def rewrite(seeded: Seeded, number: int, old: bytes, new: bytes) -> None:
    """Change the signed statement that an entry holds."""
    statement = proof_of(seeded, number).statement
    changed = base64.b64encode(base64.b64decode(statement).replace(old, new)).decode()
    rewrite_entry(seeded.house.wiring.log, number, statement, changed)
