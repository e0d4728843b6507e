"""Files that are handed in: what verifies, what does not, and what is not even looked at."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.bundle import make_bundle
from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.merkle import leaf_hash
from ledger.core.note import format_note, sign_note
from ledger.core.proof import TlogProof, format_proof
from ledger.errors import ProofError
from tests.webui.house import build
from tests.webui.pages.pages_read import PageRead
from tests.webui.pages.test_company import shown
from tests.webui.seed import Seeded, seed, token_of
from webui import sandbox
from webui.handed_in import HandedIn, verify_files
from webui.issuing import Wanted, issue_report

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from ledger.log import Log
    from tests.webui.house import House

File = tuple[str, bytes]


@pytest.fixture
def seeded(house: House) -> Seeded:
    return seed(house)


def hand_in(client: FlaskClient, *files: File) -> TestResponse:
    page = client.get("/verify").text
    assert PageRead(page).faults() == []
    kind = "multipart/form-data; boundary=between"
    answer = client.post("/verify", data=_multipart(token_of(page), files), content_type=kind)
    if answer.status_code != 413:
        assert PageRead(answer.text).faults() == []
    return answer


def _multipart(token: str, files: tuple[File, ...]) -> bytes:
    """The body that a browser would send; the test client leaves large ones open."""
    head = '--between\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    parts = [head.format("csrf_token", "").encode(), token.encode(), b"\r\n"]
    for name, data in files:
        parts += [head.format("file", f'; filename="{name}"').encode(), data, b"\r\n"]
    return b"".join([*parts, b"--between--\r\n"])


def said(client: FlaskClient, *files: File) -> str:
    answer = hand_in(client, *files)
    assert answer.status_code == 200, answer.text
    return shown(answer.text)


def proof_of(log: Log, number: int) -> File:
    return (f"entry-{number}.tlog-proof", format_proof(log.prove(number)))


def entry_of(log: Log, number: int) -> File:
    return (f"entry-{number}.dsse.json", log.entry(number).envelope)


def test_a_stranger_has_a_proof_and_its_entry_verified(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    words = said(seeded.house.client(), proof_of(log, 5), entry_of(log, 5))
    assert words.count("✓ holds") == 6
    assert "✓ verifies" in words
    assert "This proves The entry is in this log" in words
    assert "It does not prove That what it says is true" in words


def test_an_older_proof_is_still_of_this_history(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    kept = proof_of(log, 5)
    seeded.house.enrol("Someone")
    words = said(seeded.house.client(), kept)
    assert "so the one that is kept here is taken" in words
    assert "entries here have the same root" in words
    assert "✓ verifies" in words


def test_an_entry_that_was_changed_does_not_verify(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    name, data = entry_of(log, 6)
    words = said(seeded.house.client(), proof_of(log, 5), (name, data))
    assert "The entry was signed for another place." in words
    assert "✗ does not verify" in words
    wrong = format_proof(
        TlogProof(5, log.prove(6).hashes, log.head().checkpoint),
    )
    words = said(seeded.house.client(), ("a", wrong), entry_of(log, 5))
    assert "✗ fails The hashes lead from the entry" in words


def test_a_proof_of_another_log_does_not_verify(seeded: Seeded, tmp_path: Path) -> None:
    other = build(tmp_path / "other")
    words = said(seeded.house.client(), proof_of(other.wiring.log, 1))
    other.wiring.close()
    assert "✗ fails Its checkpoint is signed by this log's key" in words
    assert words.count("✓ holds") == 1


def test_a_second_history_under_our_key_is_called_a_split_view(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    words = said(seeded.house.client(), ("forged.tlog-proof", _forged(log, 1)))
    assert "✗ fails The checkpoint is one of this log's history A SPLIT VIEW" in words
    assert "Keep this file" in words


def _forged(log: Log, size: int) -> bytes:
    """A proof of a history that our own key signed and that is not the one that is kept."""
    root = leaf_hash(b"another history")
    signer = log.keyring.checkpoints
    text = format_checkpoint(Checkpoint(log.origin, size, root))
    note = format_note(sign_note(text, log.origin, signer.public, signer.sign))
    return format_proof(TlogProof(0, (), note))


def test_a_larger_tree_than_ours_says_that_we_are_the_older_copy(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    words = said(seeded.house.client(), ("f.tlog-proof", _forged(log, 5_000)))
    assert "Our key signed a tree of 5000 entries, but only" in words


def test_a_bundle_is_verified_by_the_stand_alone_verifier(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    words = said(seeded.house.client(), ("bundle.zip", make_bundle(log, [3, 7], {})))
    assert words.count("✓ holds") == 3
    assert "✓ verifies" in words
    assert "What the stand-alone verifier said" in words


def test_a_bundle_with_a_changed_document_does_not_verify(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    bundle = make_bundle(log, [3], {"extra.txt": b"nobody named this"})
    words = said(seeded.house.client(), ("bundle.zip", bundle))
    assert "NOT VERIFIED: no entry of the bundle names the SHA-256 of files/extra.txt" in words


def test_a_bundle_of_another_log_does_not_verify(seeded: Seeded, tmp_path: Path) -> None:
    other = build(tmp_path / "other")
    bundle = make_bundle(other.wiring.log, [1], {})
    other.wiring.close()
    words = said(seeded.house.client(), ("bundle.zip", bundle))
    assert "NOT VERIFIED: the checkpoint is not signed by the log's key" in words


def test_a_zip_bomb_is_refused_by_what_it_says_of_itself(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*places: object) -> str:
        raise AssertionError

    monkeypatch.setattr("webui.handed_in.check_bundle", never)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}", bytes(40_000_000))
    assert len(whole.getvalue()) < 200_000
    words = said(seeded.browser("chi"), ("bomb.zip", whole.getvalue()))
    assert "It would unpack to 3 files of 120,000,000 bytes" in words
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        for number in range(25_001):
            archive.writestr(f"{number}", b"")
    words = said(seeded.browser("chi"), ("many.zip", many.getvalue()))
    assert "It would unpack to 25,001 files" in words


def test_a_zip_that_lies_about_its_size_does_no_harm(seeded: Seeded) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("checkpoint", bytes(50_000_000))
    size = (50_000_000).to_bytes(4, "little")
    lying = whole.getvalue().replace(size, (9).to_bytes(4, "little"))
    assert lying != whole.getvalue()
    words = said(seeded.browser("chi"), ("liar.zip", lying))
    assert "✗ fails The stand-alone verifier accepts it It can't be read as a bundle." in words


def test_what_takes_too_long_is_ended(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "SECONDS", 0.01)
    bundle = make_bundle(seeded.house.wiring.log, [3], {})
    words = said(seeded.browser("chi"), ("bundle.zip", bundle))
    assert "more time or memory than is given here" in words


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.data())
def test_no_mangled_file_is_more_than_wrong(seeded: Seeded, data: st.DataObject) -> None:
    log = seeded.house.wiring.log
    bundle = make_bundle(log, [3], {})
    # The stand-alone verifier has its own tests and costs a process: what stands before it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webui.handed_in.check_bundle", _refuse)
        for whole in (bundle, proof_of(log, 5)[1], entry_of(log, 5)[1]):
            at = data.draw(st.integers(0, len(whole) - 1))
            cut = data.draw(st.integers(at, len(whole)))
            mangled = whole[:at] + data.draw(st.binary(min_size=1, max_size=4)) + whole[cut:]
            if mangled == whole:
                continue
            for one in verify_files(seeded.house.wiring, [HandedIn("x", mangled)]):
                assert not one.holds


def _refuse(bundle: bytes, vkey: str) -> str:
    raise ProofError("It is mangled.", code="bundle-not-verified")


def test_a_report_is_recognised_and_its_seal_checked(seeded: Seeded) -> None:
    wiring = seeded.house.wiring
    from policies.controls.shipped import FRAMEWORKS

    actor = wiring.reader.actor(seeded.chi)
    from ledger.events.actor import Actor

    chi = Actor(id=actor.id, type="person", via="password")
    wanted = Wanted(next(iter(FRAMEWORKS)), "2026-01-01", "2026-12-31")
    issued = issue_report(wiring, chi, wanted)
    pdf = issued.path.read_bytes()
    words = said(seeded.house.client(), ("report.pdf", pdf))
    assert f"entry {issued.sequence} names its SHA-256 {issued.sealed_sha256}" in words
    assert "✓ holds Its electronic seal is this installation's" in words
    words = said(seeded.house.client(), ("report.pdf", pdf + b"\n"))
    assert "✗ fails An entry of this ledger names the SHA-256" in words
    assert "✗ altered" in words
    assert "altered: something was added behind its end" in words


def test_an_entry_alone_is_compared_with_ours(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    words = said(seeded.house.client(), entry_of(log, 4))
    assert "This ledger holds this entry now." in words
    words = said(seeded.house.client(), ("x.json", b'{"payload": 1}'))
    assert "✗ does not verify" in words


@pytest.mark.parametrize("data", [b"", b"plain text", b"c2sp.org/tlog-proof@v1\nrubbish"])
def test_rubbish_is_answered_plainly(seeded: Seeded, data: bytes) -> None:
    words = said(seeded.browser("chi"), ("rubbish", data))
    assert "✗ does not verify" in words


def test_nothing_and_too_much_are_refused(seeded: Seeded) -> None:
    client = seeded.browser("chi")
    answer = client.post("/verify", data={"csrf_token": token_of(client.get("/verify").text)})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text
    assert hand_in(client, ("large.zip", b"PK" + bytes(20_200_000))).status_code == 413
    assert hand_in(client, ("large.zip", b"PK" + bytes(20_000_000))).status_code == 413
    five = [(f"{number}", b"x") for number in range(5)]
    assert hand_in(client, *five).status_code == 413
    page = client.get("/account").text
    other = client.post(
        "/account/tokens", data={"csrf_token": token_of(page), "label": "x" * 9_000_000}
    )
    assert other.status_code == 413


def test_a_stranger_who_fails_again_and_again_waits_and_still_may_sign_in(seeded: Seeded) -> None:
    client = seeded.house.client()
    statuses = [hand_in(client, ("x", b"rubbish")).status_code for _ in range(6)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert hand_in(seeded.browser("chi"), ("x", b"rubbish")).status_code == 200


def test_a_stranger_learns_nothing_but_the_answer(seeded: Seeded) -> None:
    log = seeded.house.wiring.log
    client = seeded.house.client()
    for page in (client.get("/verify").text, hand_in(client, proof_of(log, 5)).text):
        assert "Ana" not in page
        assert "churn" not in page
        assert "entries</span>" not in page


def test_a_file_from_another_site_is_not_looked_at(seeded: Seeded) -> None:
    client = seeded.house.client()
    data = {"csrf_token": token_of(client.get("/verify").text), "file": (io.BytesIO(b"x"), "x")}
    answer = client.post("/verify", data=data, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
