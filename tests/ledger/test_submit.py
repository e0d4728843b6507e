"""Submit: one door, group commit, all or nothing, and nothing said twice."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta

import pytest

from ledger.audit import audit
from ledger.batch import Asked
from ledger.core.note import parse_vkey
from ledger.core.proof import check_proof
from ledger.errors import ConflictError, InputError, LedgerError, UnknownSubjectError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.entry import decode_entry
from ledger.submit import Submitter
from tests.tools.house import House, a_model, a_version, person


def test_an_event_becomes_a_signed_entry_with_a_proof(house: House) -> None:
    receipt = house.submit(person())
    assert (receipt.outcome, receipt.sequence, receipt.kind) == ("allow", 2, "actor.enrolled")
    entry = house.log.entry(2)
    assert entry.leaf == receipt.leaf_hash
    assert entry.previous == house.log.entry(1).leaf.hex()
    tree = check_proof(house.log.prove(2), entry.leaf, [parse_vkey(house.log.vkey)])
    assert (tree.origin, tree.size) == (house.log.origin, 3)


def test_the_same_command_under_the_same_key_gets_the_same_receipt(house: House) -> None:
    event = person()
    first = house.submit(event, "k1")
    house.submit(person())
    again = house.submit(event, "k1")
    assert again.replayed
    assert (again.sequence, again.leaf_hash, again.checkpoint, again.recorded_at) == (
        first.sequence,
        first.leaf_hash,
        first.checkpoint,
        first.recorded_at,
    )
    assert house.log.head().size == 4


def test_a_key_used_for_another_command_is_refused(house: House) -> None:
    house.submit(person(), "k1")
    with pytest.raises(ConflictError) as refused:
        house.submit(person(), "k1")
    assert refused.value.code == "idempotency-key-reused"
    assert house.log.head().size == 3


def test_a_key_differing_only_in_private_text_is_refused(house: House) -> None:
    house.submit(person("Ana", "aa" * 16), "k1")
    with pytest.raises(ConflictError):
        house.submit(person("Bo", "aa" * 16), "k1")


def test_a_batch_with_one_impossible_command_records_nothing(house: House) -> None:
    asked = [Asked(person()), Asked(a_version(model="nobody-knows")), Asked(person())]
    with pytest.raises(UnknownSubjectError) as refused:
        house.submitter.submit_batch(house.service, asked)
    assert refused.value.numbers["line"] == 1
    assert house.log.head().size == 2
    assert audit(house.log).sound


def test_a_refusal_is_an_entry_that_explains_itself(house: House) -> None:
    house.judge.refused.add("model.registered")
    ana = person()
    house.submit(ana)
    receipt = house.submit(a_model(ana.actor_id), "k")
    assert (receipt.outcome, receipt.kind) == ("deny", "access.denied")
    entry = house.log.entry(receipt.sequence)
    assert entry.decision is not None
    assert [result.code for result in entry.decision.unmet] == ["E_NOROLE"]
    assert entry.event.model == "churn"
    assert house.submit(a_model(ana.actor_id), "k").sequence == receipt.sequence


def test_a_release_is_granted_and_lapses_by_entries_of_its_own(house: House) -> None:
    house.judge.refused.add("release.granted")
    house.fill()
    house.judge.refused.add("release.granted")
    release = 7
    voted = {"release": release, "artifact": "c0" * 32}
    ana = Actor(id=house.log.entry(2).event.actor_id, type="person", via="password")
    house.submitter.submit(ana, read_command("release.approved", voted))
    house.judge.refused.clear()
    revoked = read_command("approval.revoked", {"release": release, "reason": "a second look"})
    receipt = house.submitter.submit(ana, revoked)
    assert [kind for _, kind in receipt.consequences] == ["release.granted"]
    house.judge.refused.add("release.granted")
    changed = {"model": "churn", "version": "1.0.0", "type": "model_card", "sha256": "d9" * 32}
    changed |= {"size_bytes": 1, "media_type": "text/plain"}
    receipt = house.submit(read_command("evidence.attached", changed), "card")
    assert [kind for _, kind in receipt.consequences] == ["release.lapsed"]
    house.judge.refused.clear()
    assert house.submit(read_command("evidence.attached", changed), "card").consequences == (
        receipt.consequences
    )
    assert audit(house.log).sound


def test_private_text_is_nowhere_in_the_database(sqlite_house: House) -> None:
    house = sqlite_house
    house.submit(person("Aloysius Quellenbach"))
    house.fill()
    house.log.engine.dispose()
    everything = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    assert b"Quellenbach" not in everything
    assert b"Secret words" not in everything
    entry = house.log.entry(2)
    with house.log.engine.connect() as connection:
        texts = house.log.vault.read(connection, 2, entry.commitments)
    assert texts == {"name": "Aloysius Quellenbach"}


def test_an_entry_that_would_be_too_large_is_refused(house: House) -> None:
    ana = person()
    house.submit(ana)
    house.submit(a_model(ana.actor_id))
    packages = {f"package-{number}-{'x' * 80}": "1.0" + "0" * 80 for number in range(400)}
    fields = {
        "model": "churn",
        "version": "1.0.0",
        "artifact": {"sha256": "c0" * 32, "size_bytes": 10, "format": "onnx"},
        "trained_at": "2026-11-01T10:00:00Z",
        "environment_used": {"packages": packages},
    }
    with pytest.raises(InputError) as refused:
        house.submit(read_command("version.registered", fields))
    assert refused.value.code == "entry-too-large"
    assert house.log.head().size == 4


def test_a_clock_that_went_back_is_recorded_and_not_followed(house: House) -> None:
    first = house.submit(person())
    house.clock.moment -= timedelta(hours=2)
    second = house.submit(person())
    assert second.recorded_at == first.recorded_at
    statement = house.log.entry(second.sequence).envelope
    assert decode_entry(statement).recorded_at == first.recorded_at
    assert audit(house.log).sound


def test_forty_threads_get_forty_receipts_and_one_chain(house: House) -> None:
    receipts = []

    def ask() -> None:
        receipts.append(house.submit(person(), secrets.token_hex(4)))

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receipt.sequence for receipt in receipts) == list(range(2, 42))
    found = audit(house.log)
    assert found.sound
    assert found.counts.checkpoints < 42


def test_two_submitters_on_one_database_share_the_chain(house: House) -> None:
    other_log = house.reopened()
    other = Submitter(other_log, house.judge, now=house.clock)
    failures: list[LedgerError] = []

    def ask(door: Submitter) -> None:
        try:
            for _ in range(15):
                door.submit(house.service, person())
        except LedgerError as error:
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(door,)) for door in (house.submitter, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    other_log.engine.dispose()
    other_log.guard.close()
    assert failures == []
    assert house.log.head().size == 32
    assert audit(house.log).sound


def test_a_decision_sees_what_another_process_recorded(house: House) -> None:
    ana = person()
    house.submit(ana)
    other_log = house.reopened()
    other = Submitter(other_log, house.judge, now=house.clock)
    other.submit(house.service, a_model(ana.actor_id))
    other.close()
    other_log.engine.dispose()
    other_log.guard.close()
    with pytest.raises(ConflictError):
        house.submit(a_model(ana.actor_id))
    house.submit(a_version())
    assert audit(house.log).sound


def test_whoever_is_not_enrolled_can_submit_nothing(house: House) -> None:
    stranger = Actor(id="ff" * 16, type="person", via="token")
    with pytest.raises(UnknownSubjectError):
        house.submitter.submit(stranger, person())
    assert house.log.head().size == 2


def test_a_preview_records_nothing(house: House) -> None:
    house.judge.refused.add("actor.enrolled")
    assert not house.submitter.preview(house.service, person()).allowed
    assert house.log.head().size == 2


def test_a_preview_says_what_could_not_happen(house: House) -> None:
    with pytest.raises(UnknownSubjectError):
        house.submitter.preview(house.service, a_version(model="nobody-knows"))
    house.fill()
    with pytest.raises(ConflictError):
        house.submitter.preview(house.service, a_version())
    assert audit(house.log).sound
