"""Approvals signed by a passkey: what the door takes, what it refuses, what an audit proves."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ledger.audit import audit
from ledger.errors import ConflictError, InputError, ProofError
from ledger.events.approval import SignedHead, read_statement
from ledger.events.catalogue import read_command
from ledger.events.names import format_instant
from tests.tools.approving import BO, a_release_that_waits, salted
from tests.tools.authenticator import BE, UP, UV, Authenticator
from tests.tools.house import person

if TYPE_CHECKING:
    from tests.tools.approving import Waiting
    from tests.tools.house import House


@pytest.fixture
def waiting(sqlite_house: House) -> Waiting:
    return a_release_that_waits(sqlite_house)


@pytest.mark.parametrize("algorithm", ["es256", "eddsa", "rs256"])
def test_an_approval_by_a_passkey_is_recorded_and_proved_again(
    sqlite_house: House, algorithm: str
) -> None:
    waiting = a_release_that_waits(sqlite_house, algorithm=algorithm)
    receipt = waiting.approve()
    entry = sqlite_house.log.entry(receipt.sequence)
    assert receipt.outcome == "allow"
    assert entry.proof is not None
    said = read_statement(base64.b64decode(entry.proof.statement))
    assert (said.actor, said.release, said.decision) == (BO, waiting.release, "approve")
    found = audit(sqlite_house.log)
    assert found.problems == []
    assert found.counts.proofs == 1


def test_a_refusal_is_signed_with_its_reason_which_stays_in_the_vault(waiting: Waiting) -> None:
    salt, commitment = salted("reason", "The bias report is old")
    said = waiting.statement(decision="reject", reason=commitment)
    event = waiting.event(said, reason="The bias report is old")
    proof = waiting.passkey.approve(said, waiting.enrolled)
    receipt = waiting.submit(said, proof, event, {"reason": salt})
    entry = waiting.house.log.entry(receipt.sequence)
    assert [item.hmac_sha256 for item in entry.commitments] == [commitment]
    assert b"bias" not in entry.envelope
    assert audit(waiting.house.log).sound


def test_another_reason_than_the_signed_one_is_refused(waiting: Waiting) -> None:
    salt, commitment = salted("reason", "The bias report is old")
    said = waiting.statement(decision="reject", reason=commitment)
    proof = waiting.passkey.approve(said, waiting.enrolled)
    for reason, salts in (("Another", {"reason": salt}), ("The bias report is old", {})):
        with pytest.raises(ProofError) as refused:
            waiting.submit(said, proof, waiting.event(said, reason=reason), salts)
        assert refused.value.code == "proof-reason"
    assert waiting.submit(
        said, proof, waiting.event(said, reason="The bias report is old"), {"reason": salt}
    ).sequence


@pytest.mark.parametrize(
    "changed",
    [
        {"log": "counterseal.example/other"},
        {"decision": "reject"},
        {"release": 3},
        {"actor": "cc" * 16},
        {"roles": ("compliance",)},
        {"model": "other"},
        {"version": "1.1.0"},
        {"environment": "staging"},
        {"artifact": "c1" * 32},
        {"pack": "00" * 32},
        {"policy": "00" * 32},
        {"head": SignedHead(size=3, root="00" * 32)},
        {"head": SignedHead(size=99_999, root="00" * 32)},
        {"reason": "00" * 32},
        {"expires": "2020-01-01T00:00:00Z"},
        {"expires": "2099-01-01T00:00:00Z"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_statement_that_says_something_else_is_refused(
    waiting: Waiting, changed: dict[str, Any]
) -> None:
    """Truly signed, and sent with the command it is not of."""
    true = waiting.statement()
    said = true.model_copy(update=changed)
    proof = waiting.passkey.approve(said, waiting.enrolled)
    size = waiting.house.log.head().size
    with pytest.raises(ProofError):
        waiting.submit(said, proof, waiting.event(true))
    assert waiting.house.log.head().size == size


def test_an_assertion_is_used_once(waiting: Waiting) -> None:
    said = waiting.statement()
    proof = waiting.passkey.approve(said, waiting.enrolled)
    first = waiting.submit(said, proof)
    assert waiting.submit(said, proof).sequence == first.sequence
    waiting.house.submitter.submit(
        waiting.bo, read_command("approval.revoked", {"release": waiting.release, "reason": "No"})
    )
    other = said.model_copy(update={"nonce": "11" * 16})
    with pytest.raises(ProofError) as refused:
        waiting.submit(other, proof, waiting.event(said))
    assert refused.value.code == "proof-replayed"


def test_an_assertion_under_another_key_than_its_nonce_is_refused(waiting: Waiting) -> None:
    said = waiting.statement()
    proof = waiting.passkey.approve(said, waiting.enrolled)
    other = said.model_copy(update={"nonce": "11" * 16})
    with pytest.raises(ProofError) as refused:
        waiting.submit(other, proof, waiting.event(said))
    assert refused.value.code == "proof-nonce"


def test_an_assertion_is_of_no_other_release(waiting: Waiting) -> None:
    said = waiting.statement()
    proof = waiting.passkey.approve(said, waiting.enrolled)
    other = waiting.ask()
    with pytest.raises(ProofError, match="release"):
        waiting.submit(said, proof, waiting.event(said.model_copy(update={"release": other})))


def test_a_statement_expires(waiting: Waiting) -> None:
    said = waiting.statement()
    proof = waiting.passkey.approve(said, waiting.enrolled)
    waiting.house.clock.moment += timedelta(minutes=11)
    with pytest.raises(ProofError) as refused:
        waiting.submit(said, proof)
    assert refused.value.code == "proof-expired"


@pytest.mark.parametrize(
    ("flags", "other", "code"),
    [
        (UP, {}, "assertion-user-unverified"),
        (UV, {}, "assertion-user-absent"),
        (UP | UV | BE, {}, "proof-backup"),
        (None, {"origin": "https://evil.example"}, "assertion-origin"),
        (None, {"crossOrigin": True}, "assertion-cross-origin"),
        (None, {"type": "webauthn.create"}, "assertion-type"),
        (None, {"challenge": "AAAA"}, "assertion-challenge"),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused_at_the_door(
    waiting: Waiting, flags: int | None, other: dict[str, Any], code: str
) -> None:
    said = waiting.statement()
    with pytest.raises(ProofError) as refused:
        waiting.submit(said, waiting.passkey.approve(said, waiting.enrolled, flags=flags, **other))
    assert refused.value.code in {code, "proof-malformed"}


def test_an_assertion_for_another_rp_is_refused_at_the_door(waiting: Waiting) -> None:
    said = waiting.statement()
    elsewhere = replace(waiting.passkey, rp_id="example.org")
    with pytest.raises(ProofError, match="another RP id"):
        waiting.submit(said, elsewhere.approve(said, waiting.enrolled))


def test_another_persons_session_cannot_use_an_assertion(waiting: Waiting) -> None:
    cy = "cc" * 16
    waiting.house.submit(person("Cy", cy))
    said = waiting.statement()
    proof = waiting.passkey.approve(said, waiting.enrolled)
    with pytest.raises(ProofError) as refused:
        waiting.submit(said, proof, actor=waiting.bo.but(id=cy))
    assert refused.value.code == "proof-key"


def test_a_copied_authenticator_is_noticed_by_its_counter(sqlite_house: House) -> None:
    waiting = a_release_that_waits(sqlite_house, counts=True)
    copy = replace(waiting.passkey)
    waiting.approve()
    waiting.release = waiting.ask()
    waiting.approve()
    waiting.release = waiting.ask("development")
    said = waiting.statement()
    with pytest.raises(ProofError) as refused:
        waiting.submit(said, copy.approve(said, waiting.enrolled))
    assert refused.value.code == "proof-counter"
    waiting.approve()
    assert audit(sqlite_house.log).sound


def test_a_revoked_key_signs_no_more_and_what_it_signed_stands(waiting: Waiting) -> None:
    waiting.approve()
    revoked = {"actor_id": BO, "credential": waiting.passkey.enrolment().credential}
    waiting.house.submit(read_command("key.revoked", revoked))
    waiting.release = waiting.ask()
    with pytest.raises(ProofError) as refused:
        waiting.approve()
    assert refused.value.code == "proof-key-revoked"
    with pytest.raises(ConflictError, match="no such key"):
        waiting.house.submit(read_command("key.revoked", revoked))
    with pytest.raises(ConflictError, match="before"):
        waiting.house.submit(waiting.passkey.enrolment())
    found = audit(waiting.house.log)
    assert (found.problems, found.counts.proofs) == ([], 1)


def test_only_a_person_has_a_key_and_it_is_one(waiting: Waiting) -> None:
    ci = "c1" * 16
    fields = {"actor_id": ci, "actor_type": "workload", "name": "CI"}
    waiting.house.submit(read_command("actor.enrolled", fields))
    with pytest.raises(ConflictError, match="Only persons"):
        waiting.house.submit(Authenticator(ci, credential=b"another one").enrolment())
    wrong = Authenticator(BO, credential=b"a third").enrolment().but(algorithm="es256")
    with pytest.raises(InputError) as refused:
        waiting.house.submit(wrong)
    assert refused.value.code == "bad-public-key"


def test_a_passkey_signs_nothing_but_approvals(waiting: Waiting) -> None:
    said = waiting.statement()
    event = read_command("approval.revoked", {"release": waiting.release, "reason": "No"})
    with pytest.raises(ProofError) as refused:
        waiting.submit(said, waiting.passkey.approve(said, waiting.enrolled), event)
    assert refused.value.code == "proof-other-kind"


def test_a_statement_has_one_form(waiting: Waiting) -> None:
    said = waiting.statement()
    assert read_statement(said.canonical()) == said
    loose = json.dumps(json.loads(said.canonical()), indent=1).encode()
    with pytest.raises(InputError):
        read_statement(loose)
    with pytest.raises(InputError):
        read_statement(said.canonical().replace(b'"format":', b'"Format":'))


def test_what_is_forgotten_has_expired(waiting: Waiting) -> None:
    """Spent nonces are kept only while their statements would hold."""
    waiting.approve()
    waiting.house.clock.moment += timedelta(minutes=20)
    waiting.release = waiting.ask()
    waiting.approve()
    said = waiting.statement()
    assert said.expires > format_instant(waiting.house.clock.moment)
    assert audit(waiting.house.log).sound
