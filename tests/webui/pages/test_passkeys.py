"""Statements on the pages: of one session, used once, soon over; and what a browser may send."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from ledger.audit import audit
from ledger.core.rfc4648 import from_base64
from ledger.events.actor import Actor
from ledger.events.approval import read_statement
from tests.tools.authenticator import Authenticator
from tests.webui.house import build
from tests.webui.seed import Seeded, seed
from webui.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from ledger.events.approval import ApprovalStatement


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Seeded, Authenticator]]:
    """A company in which Chi has a passkey, enrolled with the administrator's word."""
    made = build(tmp_path_factory.mktemp("passkeys") / "home")
    seeded = seed(made)
    key = Authenticator(seeded.chi, origin="http://localhost")
    enrol(seeded, key)
    yield seeded, key
    made.wiring.close()


@pytest.fixture
def seeded(company: tuple[Seeded, Authenticator]) -> Iterator[Seeded]:
    """The same with a release that nobody has voted on."""
    seeded = company[0]
    bo = seeded.house.api(seeded.house.token(seeded.bo))
    if votes(seeded) or seeded.house.wiring.reader.release(seeded.release).status != "open":
        of = {"model": "churn", "version": "1.0.0", "environment": "production"}
        seeded.release = bo.submit("release.requested", of).json["sequence"]
    yield seeded
    if seeded.house.wiring.reader.release(seeded.release).status == "open" and votes(seeded):
        bo.submit("release.withdrawn", {"release": seeded.release})


@pytest.fixture
def key(company: tuple[Seeded, Authenticator]) -> Authenticator:
    """Chi's passkey."""
    return company[1]


def enrol(seeded: Seeded, made: Authenticator) -> None:
    house, event = seeded.house, made.enrolment()
    door = house.wiring.submitter
    owner = Actor(id=made.owner, type="person", via="password")
    root = Actor(id=house.administrator, type="person", via="password")
    from ledger.events.catalogue import read_command

    fields = {"proposed": "key.enrolled", "event": event.facts()}
    proposal = read_command("change.proposed", fields)
    asked = door.submit(owner, proposal)
    assert asked.outcome == "allow", asked.decision
    word = {"change": asked.sequence, "command": proposal.command}
    agreed = door.submit(root, read_command("change.approved", word))
    assert agreed.outcome == "allow", agreed.decision
    assert door.submit(owner, event).outcome == "allow"


def statement_on(page: str) -> tuple[ApprovalStatement, str]:
    """The statement that a page shows, and the hash that it names."""
    shown = re.search(r"<pre[^>]*data-statement>(.*?)</pre>", page, re.DOTALL)
    named = re.search(r'data-challenge="([0-9a-f]{64})"', page)
    assert shown
    assert named
    said = read_statement(unescape(shown[1]).encode())
    assert said.challenge().hex() == named[1]
    return said, page


def begin(
    seeded: Seeded, browser: FlaskClient, *, shown_to: FlaskClient | None = None, **fields: str
) -> TestResponse:
    """Ask to sign what the page showed, to ``browser`` where nobody else is named."""
    release = seeded.house.wiring.reader.release(seeded.release)
    page = (shown_to or browser).get(f"/releases/{seeded.release}").text
    pack = re.search(r'name="pack" value="([0-9a-f]{64})"', page)
    assert pack
    sent = {"decision": "approve", "artifact": release.artifact, "pack": pack[1], **fields}
    path = f"/releases/{seeded.release}"
    return seeded.post(browser, f"{path}/sign", path, **sent)


def finish(
    seeded: Seeded,
    browser: FlaskClient,
    key: Authenticator,
    said: ApprovalStatement,
    **fields: str,
) -> TestResponse:
    proof = key.approve(said, 0)
    sent = {
        "nonce": said.nonce,
        "credential": proof.credential,
        "clientDataJSON": proof.client_data,
        "authenticatorData": proof.authenticator_data,
        "signature": proof.signature,
        **fields,
    }
    path = f"/releases/{said.release}"
    return seeded.post(browser, f"{path}/signed", path, **sent)


def votes(seeded: Seeded) -> list[Any]:
    return list(seeded.house.wiring.reader.release(seeded.release).votes)


def test_what_the_page_shows_is_what_is_signed_and_recorded(
    seeded: Seeded, key: Authenticator
) -> None:
    chi = seeded.browser("chi")
    said, page = statement_on(begin(seeded, chi, comment="Fine").text)
    assert "Nothing is decided yet" in page
    answer = finish(seeded, chi, key, said, comment="Fine")
    assert answer.status_code == 302, answer.text
    (vote,) = votes(seeded)
    entry = seeded.house.wiring.log.entry(vote.entry)
    assert from_base64(entry.proof.statement) == said.canonical()
    assert "holds</span>" in chi.get(f"/ledger/{vote.entry}").text
    assert audit(seeded.house.wiring.log, redecide=seeded.house.wiring.redecide()).problems == []


def test_two_tabs_do_not_swap_their_statements(seeded: Seeded, key: Authenticator) -> None:
    chi = seeded.browser("chi")
    approve, _ = statement_on(begin(seeded, chi).text)
    reject, _ = statement_on(begin(seeded, chi, decision="reject", reason="Old report").text)
    assert approve.nonce != reject.nonce
    swapped = finish(seeded, chi, key, reject, nonce=approve.nonce)
    assert swapped.status_code == 422, swapped.text
    assert "does not hold for this statement" in swapped.text
    assert votes(seeded) == []
    done = finish(seeded, chi, key, reject, reason="Old report")
    assert done.status_code == 302, done.text
    assert [vote.verdict for vote in votes(seeded)] == ["reject"]


def test_a_statement_is_used_once(seeded: Seeded, key: Authenticator) -> None:
    chi = seeded.browser("chi")
    said, _ = statement_on(begin(seeded, chi).text)
    assert finish(seeded, chi, key, said).status_code == 302
    again = finish(seeded, chi, key, said)
    assert again.status_code == 409
    assert "can&#39;t be signed any more" in again.text
    assert len(votes(seeded)) == 1


def test_a_statement_expires(seeded: Seeded, key: Authenticator) -> None:
    chi = seeded.browser("chi")
    said, _ = statement_on(begin(seeded, chi).text)
    seeded.house.clock.move(minutes=11)
    assert finish(seeded, chi, key, said).status_code == 409
    assert votes(seeded) == []


def test_a_statement_is_of_one_session(seeded: Seeded, key: Authenticator) -> None:
    here, there, bo = seeded.browser("chi"), seeded.browser("chi"), seeded.browser("bo")
    said, _ = statement_on(begin(seeded, here).text)
    for other in (there, bo):
        assert finish(seeded, other, key, said).status_code == 409
    assert finish(seeded, here, key, said).status_code == 302


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"credential": "c29tZWJvZHkgZWxzZSdz"}, 422),
        ({"signature": ""}, 422),
        ({"signature": "!!"}, 422),
        ({"signature": "QUFB" * 5_000}, 422),
        ({"clientDataJSON": "e30="}, 422),
        ({"authenticatorData": "AAAA"}, 422),
        ({"comment": "Another comment than the one that was signed"}, 422),
    ],
)
def test_what_no_passkey_made_is_refused(
    seeded: Seeded, key: Authenticator, fields: dict[str, str], status: int
) -> None:
    chi = seeded.browser("chi")
    said, _ = statement_on(begin(seeded, chi, comment="Fine").text)
    answer = finish(seeded, chi, key, said, **{"comment": "Fine", **fields})
    assert answer.status_code == status, answer.text
    assert votes(seeded) == []


def test_a_page_that_changed_meanwhile_signs_nothing(seeded: Seeded, key: Authenticator) -> None:
    answer = begin(seeded, seeded.browser("chi"), pack="00" * 32)
    assert answer.status_code == 409
    assert "changed since you were shown it" in answer.text


def test_who_has_no_passkey_is_told_where_to_make_one(seeded: Seeded) -> None:
    answer = begin(seeded, seeded.browser("ana"), shown_to=seeded.browser("chi"))
    assert answer.status_code == 409
    assert "Enrol one" in answer.text


def test_a_key_that_was_revoked_signs_nothing(seeded: Seeded) -> None:
    key = Authenticator(seeded.chi, origin="http://localhost", credential=b"a second key of Chi")
    enrol(seeded, key)
    chi = seeded.browser("chi")
    said, _ = statement_on(begin(seeded, chi).text)
    here = "/account/passkeys"
    credential = key.enrolment().credential
    done = seeded.post(chi, f"{here}/revoke", here, credential=credential)
    assert done.status_code == 302, done.text
    assert finish(seeded, chi, key, said).status_code == 422
    assert "revoked" in chi.get(here).text


def test_a_passkey_has_a_name_that_only_its_owner_sees(seeded: Seeded, key: Authenticator) -> None:
    chi, here = seeded.browser("chi"), "/account/passkeys"
    (state,) = seeded.house.wiring.reader.passkeys(actor=seeded.chi, status="in_force")
    seeded.post(chi, f"{here}/name", here, passkey=state.key, name="Blue key")
    assert 'value="Blue key"' in chi.get(here).text
    bo = seeded.browser("bo")
    assert seeded.post(bo, f"{here}/name", here, passkey=state.key, name="Mine").status_code == 422
    assert "Blue key" not in bo.get(here).text


def test_passkeys_need_the_host_that_they_belong_to(seeded: Seeded, key: Authenticator) -> None:
    settings = seeded.house.wiring.settings
    object.__setattr__(settings, "rp_id", "ledger.example.org")
    try:
        answer = begin(seeded, seeded.browser("chi"))
    finally:
        object.__setattr__(settings, "rp_id", "localhost")
    assert answer.status_code == 422
    assert "Passkeys here belong to ledger.example.org" in answer.text


def test_an_approver_renders_what_was_signed_without_the_service(
    seeded: Seeded, key: Authenticator, tmp_path: Path
) -> None:
    chi = seeded.browser("chi")
    said, _ = statement_on(begin(seeded, chi).text)
    finish(seeded, chi, key, said)
    file = tmp_path / "statement.json"
    file.write_bytes(said.canonical())
    digest = said.challenge().hex()
    shown = CliRunner().invoke(main, ["approval", "show", str(file), "--digest", digest])
    assert shown.exit_code == 0, shown.output
    assert "It is the digest that you gave" in shown.output
    entry = tmp_path / "entry.json"
    entry.write_bytes(seeded.house.wiring.log.entry(votes(seeded)[0].entry).envelope)
    assert digest in CliRunner().invoke(main, ["approval", "show", str(entry)]).output
    file.write_bytes(said.canonical().replace(b"approve", b"reject!"))
    assert CliRunner().invoke(main, ["approval", "show", str(file)]).exit_code != 0


def test_an_administrator_sees_the_passkeys_of_a_person(seeded: Seeded, key: Authenticator) -> None:
    page = seeded.browser("bo").get(f"/people/{seeded.chi}").text
    assert "they sign this person" in page
    assert "Countersigned by" in page


def test_whoever_signed_is_told_of_it_with_the_digest(seeded: Seeded, key: Authenticator) -> None:
    from ledger.store.database import reading
    from ledger.store.entries import read_entries
    from webui.notices.by_name import concerned_by_name
    from webui.notices.message import of_entry

    chi, wiring = seeded.browser("chi"), seeded.house.wiring
    said, _ = statement_on(begin(seeded, chi).text)
    finish(seeded, chi, key, said)
    number = votes(seeded)[-1].entry
    with reading(wiring.engine) as connection:
        (row,) = read_entries(connection, wiring.log.log_id, number, number + 1)
    assert concerned_by_name(wiring, row) == {seeded.chi}
    event = wiring.log.entry(number).event
    told = of_entry(row, event, lambda _: "Chi", message_id="m", origin="o", base="")
    assert told.sentence.endswith(f"SHA-256 is {said.challenge().hex()}.")
