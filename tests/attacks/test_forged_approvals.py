"""Whoever holds the database, every key of the server and the code tries to forge an approval.

The thief runs our own program with its checks taken out, so that what is forged is chained, signed,
hashed and promised as the true log would do it. What an audit and the stand-alone verifier then say
is asked of the true program. What this can't stop stands in docs/threat-model.md.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text

import ledger.batch
from ledger.audit import audit
from ledger.batch import Asked
from ledger.bundle import make_bundle
from ledger.core.encoding import canonical, parse_canonical
from ledger.core.rfc4648 import to_base64
from ledger.events.actor import Actor
from ledger.events.approval import SignedHead
from ledger.events.decision import Decision
from ledger.events.passkey import EarlierEnrolment
from ledger.recheck import recheck
from ledger.standalone import verify
from ledger.submit import Submitter
from tests.attacks.rewriting import rewrite_entry
from tests.attacks.test_histories import shut
from tests.tools.approving import BO, Waiting, a_release_that_waits
from tests.tools.authenticator import Authenticator
from tests.tools.house import House, person

if TYPE_CHECKING:
    from ledger.events.approval import ApprovalStatement
    from ledger.events.proof import WebAuthnProof
    from ledger.log import Log

CY = "cc" * 16
STATIC = Path("webui/static")
SIGNED, SEEN = "A passkey signed this very decision", "It signed the root of this history"


@pytest.fixture
def waiting(sqlite_house: House) -> Waiting:
    return a_release_that_waits(sqlite_house)


@pytest.fixture
def unguarded() -> Any:
    """The thief's program: nothing that is brought as proof is looked at."""
    patch = pytest.MonkeyPatch()
    patch.setattr(ledger.batch, "check_proof", lambda *_: None)
    yield patch
    patch.undo()


def forge(waiting: Waiting, said: ApprovalStatement, proof: WebAuthnProof) -> int:
    """Append an approval by Bo of what ``said`` says, with a proof that may be of anything."""
    return waiting.submit(said, proof).sequence


def audited(log: Log, number: int, **how: Any) -> set[str]:
    return {one.code for one in audit(log, **how).problems if one.sequence == number}


def taken_home(log: Log, number: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the stand-alone verifier says of a bundle of the entry."""
    made = folder / "bundle.zip"
    made.write_bytes(make_bundle(log, [number], {}))
    code = verify.main([str(made), "--vkey", log.vkey])
    said = capsys.readouterr().out
    assert (code == 0) == said.endswith("verified\n"), said
    return said


def test_a_true_approval_verifies_from_a_bundle_alone(
    waiting: Waiting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = waiting.approve().sequence
    said = taken_home(waiting.house.log, number, tmp_path, capsys)
    assert f"signed by the passkey of entry {waiting.enrolled}" in said
    assert said.endswith("\nverified\n")


@pytest.mark.parametrize("target", ["release", "version", "environment"])
def test_an_old_assertion_does_not_approve_something_else(
    waiting: Waiting,
    unguarded: Any,
    target: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    true = waiting.statement()
    proof = waiting.passkey.approve(true, waiting.enrolled)
    waiting.submit(true, proof)
    waiting.release = waiting.ask("staging") if target != "version" else another_version(waiting)
    number = forge(waiting, waiting.statement(), proof)
    log = waiting.house.log
    assert "proof-statement" in audited(log, number)
    assert "its passkey signed something else" in taken_home(log, number, tmp_path, capsys)


def another_version(waiting: Waiting) -> int:
    from ledger.events.catalogue import read_command

    of = {"model": "churn", "version": "1.1.0", "environment": "production"}
    return waiting.house.submit(read_command("release.requested", of)).sequence


def test_an_old_assertion_is_not_used_twice(waiting: Waiting, unguarded: Any) -> None:
    """The same release, after the approver took the approval back."""
    from ledger.events.catalogue import read_command

    true = waiting.statement()
    proof = waiting.passkey.approve(true, waiting.enrolled)
    waiting.submit(true, proof)
    back = read_command("approval.revoked", {"release": waiting.release, "reason": "No"})
    waiting.house.submitter.submit(waiting.bo, back)
    again = true.model_copy(update={"nonce": "11" * 16})
    number = waiting.submit(again, proof, waiting.event(true)).sequence
    assert {"proof-replayed"} <= audited(waiting.house.log, number)


def test_an_assertion_of_another_challenge_approves_nothing(
    waiting: Waiting, unguarded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a sign-in elsewhere would give: signed by Bo's key, on this site, over other bytes."""
    said = waiting.statement()
    client = waiting.passkey.client_data(hashlib.sha256(b"sign in").digest())
    data = waiting.passkey.authenticator_data()
    signature = waiting.passkey.sign(data + hashlib.sha256(client).digest())
    true = waiting.passkey.approve(said, waiting.enrolled)
    proof = true.but(
        authenticator_data=to_base64(data),
        client_data=to_base64(client),
        signature=to_base64(signature),
    )
    number = forge(waiting, said, proof)
    assert audited(waiting.house.log, number) == {"assertion-challenge"}
    assert "asked for something else" in taken_home(waiting.house.log, number, tmp_path, capsys)


@pytest.mark.parametrize("back", [0, 1])
def test_a_head_of_another_history_is_noticed_by_all_who_verify(
    waiting: Waiting, unguarded: Any, back: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Signed by Bo's own key, who was shown something else than this log."""
    head, log = waiting.house.log.head(), waiting.house.log
    root = head.root.hex() if back else "ab" * 32
    said = waiting.statement(head=SignedHead(size=head.size - back, root=root))
    number = forge(waiting, said, waiting.passkey.approve(said, waiting.enrolled))
    assert audited(log, number) == {"proof-head"}
    told = taken_home(log, number, tmp_path, capsys)
    assert "its passkey signed the head of another history" in told
    assert [one.name for one in recheck(log, number) if not one.holds] == [SEEN]


def test_the_proof_of_the_head_can_not_be_left_out_or_changed(
    waiting: Waiting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number = waiting.approve().sequence
    for one in range(5):
        waiting.house.submit(person(f"Number {one}"))
    log, made = waiting.house.log, tmp_path / "bundle"
    with zipfile.ZipFile(io.BytesIO(make_bundle(log, [number], {}))) as archive:
        archive.extractall(made)
    (head,) = (made / "heads").iterdir()
    true = head.read_bytes()
    assert verify.main([str(made), "--vkey", log.vkey]) == 0
    other = to_base64(b"\x07" * 32).encode() + b"\n"
    for wrong in (b"", true + other, other * (true.count(b"\n")), true[:-1], b"\xff\n", None):
        head.unlink() if wrong is None else head.write_bytes(wrong)
        assert verify.main([str(made), "--vkey", log.vkey]) == 1
        assert "NOT VERIFIED: entry" in capsys.readouterr().out


def test_a_counter_that_goes_back_is_noticed_where_both_uses_are_known(
    sqlite_house: House, unguarded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = a_release_that_waits(sqlite_house, counts=True)
    log, first = waiting.house.log, waiting.approve().sequence
    waiting.passkey.count = 0
    waiting.release = waiting.ask()
    said = waiting.statement()
    number = forge(waiting, said, waiting.passkey.approve(said, waiting.enrolled))
    assert audited(log, number) == {"proof-counter"}
    assert [one.name for one in recheck(log, number) if not one.holds] == [SIGNED]
    assert all(one.holds for one in recheck(log, first))
    (tmp_path / "both").write_bytes(make_bundle(log, [first, number], {}))
    assert verify.main([str(tmp_path / "both"), "--vkey", log.vkey]) == 1
    assert "the counter of its passkey did not move on" in capsys.readouterr().out


def test_a_key_that_is_said_to_come_from_another_log_is_believed_at_the_beginning_only(
    waiting: Waiting, unguarded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unguarded.setattr("ledger.state.fold_passkeys.check_beginning", lambda *_: None)
    earlier = EarlierEnrolment(
        origin="elsewhere.example", entry=3, at="2026-01-01T00:00:00.000000Z", by=BO
    )
    key = Authenticator(BO, credential=b"from nowhere at all")
    event = key.enrolment().model_copy(update={"earlier": earlier})
    enrolled = waiting.house.submit(event).sequence
    said = waiting.statement()
    number = forge(waiting, said, key.approve(said, enrolled))
    told = taken_home(waiting.house.log, number, tmp_path, capsys)
    assert "not at the beginning" in told


def test_nothing_but_a_statement_is_ever_given_to_a_passkey() -> None:
    """A sign-in whose challenge were the hash of an approval would be one; so there is none."""
    asking = [
        path.name
        for path in STATIC.rglob("*.js")
        if "navigator.credentials" in path.read_text(encoding="utf-8")
    ]
    assert asking == ["passkey.js"]
    source = (STATIC / "passkey.js").read_text(encoding="utf-8")
    assert source.count("options.challenge =") == 1
    assert "options.challenge = await challenge();" in source


def test_a_key_swapped_in_the_fold_forges_nothing(
    waiting: Waiting, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The door itself believes the swapped row after it was opened again; the entries do not."""
    key = Authenticator(BO)
    with create_engine(waiting.house.url).begin() as connection:
        stored = connection.execute(text("SELECT value FROM folded WHERE kind = 'passkey'"))
        row: Any = parse_canonical(stored.scalar_one())
        swapped = canonical({**row, "public": to_base64(key.public)})
        connection.execute(
            text("UPDATE folded SET value = :new WHERE kind = 'passkey'"), {"new": swapped}
        )
    shut(waiting.house)
    waiting.house = opened_again(waiting.house)
    log = waiting.house.log
    said = waiting.statement()
    number = waiting.submit(said, key.approve(said, waiting.enrolled)).sequence
    assert audited(log, number)
    assert any(one.table == "folded" for one in audit(log).problems)
    assert "the signature of its passkey fails" in taken_home(log, number, tmp_path, capsys)
    shut(waiting.house)


def opened_again(house: House) -> House:
    log = house.reopened()
    return replace(house, log=log, submitter=Submitter(log, house.judge, now=house.clock))


def test_a_thiefs_own_key_that_names_the_true_enrolment_forges_nothing(
    waiting: Waiting, unguarded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thief = Authenticator(BO)
    said = waiting.statement()
    number = forge(waiting, said, thief.approve(said, waiting.enrolled))
    assert audited(waiting.house.log, number)
    assert "the signature of its passkey fails" in taken_home(
        waiting.house.log, number, tmp_path, capsys
    )


def test_a_key_enrolled_for_another_person_approves_nothing_for_bo(
    waiting: Waiting, unguarded: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting.house.submit(person("Cy", CY))
    thief = Authenticator(CY, credential=b"the thief's own key")
    enrolled = waiting.house.submit(thief.enrolment()).sequence
    said = waiting.statement()
    number = forge(waiting, said, thief.approve(said, enrolled))
    assert "proof-key" in audited(waiting.house.log, number)
    assert "enrolled for somebody else" in taken_home(waiting.house.log, number, tmp_path, capsys)


def test_a_rewritten_enrolment_breaks_the_chain(waiting: Waiting) -> None:
    house = waiting.house
    thief = Authenticator(BO)
    number = waiting.approve().sequence
    true = waiting.passkey.enrolment().public
    rewrite_entry(house.log, waiting.enrolled, true, thief.enrolment().public)
    found = {(one.table, one.sequence, one.code) for one in audit(house.log).problems}
    assert ("entry", waiting.enrolled + 1, "chain-broken") in found
    assert any(code == "root-mismatch" for _, _, code in found)
    assert any(at == number for _, at, _ in found)


def test_a_history_rewritten_from_the_enrolment_on_contradicts_every_later_approval(
    sqlite_house: House, unguarded: Any
) -> None:
    """The thief appends everything anew, with another key for Bo, and Cy's true approval.

    Chain, tree, checkpoints and guard all agree. But Cy's passkey signed the root of the history
    that Cy saw, and no key of the server can sign another one for it.
    """
    house = sqlite_house
    house.submit(person("Bo", BO))
    house.submit(person("Cy", CY))
    for name in ("ledger.db", "guard.db"):
        shutil.copy(house.folder / name, house.folder / f"before-{name}")

    cys = Authenticator(CY, credential=b"the key of Cy")

    def live(bos: Authenticator, at: House) -> Waiting:
        return replace(a_release_that_waits_again(at, bos, cys), passkey=cys)

    true = live(Authenticator(BO), house)
    said = true.statement(actor=CY)
    proof = cys.approve(said, true.enrolled)
    cy = Actor(id=CY, type="person", via="password")
    number = true.submit(said, proof, actor=cy).sequence
    assert audit(house.log).problems == []

    shut(house)
    for name in ("ledger.db", "guard.db"):
        shutil.copy(house.folder / f"before-{name}", house.folder / name)
    thief = opened_again(house)
    forged = thief.log
    again = live(Authenticator(BO), thief)
    unguarded.setattr(ledger.batch, "check_proof", lambda *_: None)
    assert again.submit(said, proof, actor=cy).sequence == number
    assert audited(forged, number) >= {"proof-head"}
    assert {one.code for one in audit(forged).problems} <= {"proof-head", "proof-expired"}
    shut(thief)


def a_release_that_waits_again(house: House, bos: Authenticator, cys: Authenticator) -> Waiting:
    """The same story whoever tells it: both keys enrolled, a model, a release that waits."""
    from ledger.events.catalogue import read_command
    from tests.tools.house import a_model, a_version

    house.submit(bos.enrolment())
    enrolled = house.submit(cys.enrolment()).sequence
    house.submit(a_model(BO))
    house.submit(a_version())
    of = {"model": "churn", "version": "1.0.0", "environment": "production"}
    return Waiting(
        house, cys, enrolled, house.submit(read_command("release.requested", of)).sequence
    )


def test_a_second_key_that_nobody_countersigned_is_told_by_the_decision(tmp_path: Path) -> None:
    """The thief's program allows whatever is asked, in the name of the policy in force."""
    from tests.webui.house import build as build_home

    made = build_home(tmp_path / "home")
    wiring = made.wiring
    bo = made.enrol("Bo", "bo@example.org", "ml_lead")
    made.enrol("Rita", "rita@example.org", "administrator")
    thief = Authenticator(bo, credential=b"the thief's own key")
    digest = wiring.reader.policy()[0].digest
    allow = Decision(outcome="allow", policy=digest, engine=1)
    door = Submitter(wiring.log, lambda *_: allow, now=wiring.now)
    actor = Actor(id=bo, type="person", via="password")
    number = door.submit_batch(actor, [Asked(thief.enrolment())])[0].sequence
    found = audited(wiring.log, number, redecide=wiring.redecide())
    door.close()
    wiring.close()
    assert found, "nobody noticed"
    assert {code for code in found if code.startswith("decision")}
