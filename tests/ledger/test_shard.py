"""A log ends and another continues it: the next year's, or the way out after a loss."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from ledger.audit import audit
from ledger.batch import Asked
from ledger.bring_back import bring_back
from ledger.carried import Carried, carried_over
from ledger.core.digest import hex_digest
from ledger.core.encoding import canonical
from ledger.core.note import parse_note
from ledger.errors import ConflictError, IntegrityError
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.events.log import LogCreated, Predecessor
from ledger.export import export
from ledger.keys.keyring import create_keyring, open_keyring
from ledger.left_behind import left_behind
from ledger.log import open_log
from ledger.mirror import DirectorySource
from ledger.published import LogSource
from ledger.query import Reader
from ledger.shard import Plan, continue_frozen, continue_with_loss
from ledger.state.aggregates import StandIns
from ledger.state.policy_parts import PolicyPart
from ledger.store.database import open_engine, reading
from ledger.store.guards import open_guard
from ledger.submit import Submitter
from tests.ledger.test_erasing import erase
from tests.tools.house import POLICY, a_model, person

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.keys.keyring import Keyring
    from ledger.log import Log
    from tests.tools.house import House

ORIGIN = "counterseal.example/test/2027"


def plan(house: House, name: str = "2027", origin: str = ORIGIN) -> Plan:
    folder = house.folder / f"keys-{name}"
    keyring: Keyring = open_keyring(folder) if folder.exists() else create_keyring(folder)
    return Plan(name, origin, keyring, "ef" * 32, "counterseal test", house.clock())


def freeze(house: House, successor: str = ORIGIN) -> None:
    house.submit(read_command("log.frozen", {"successor": successor, "reason": "a secret word"}))


def lived(house: House) -> str:
    """People who came, were given roles and lost some, and a model; the id of one of them."""
    ana, bo = secrets.token_hex(16), secrets.token_hex(16)
    for actor_id, name in ((ana, "Ana"), (bo, "Bo")):
        house.submit(person(name, actor_id))
    for actor_id, role in ((bo, "approver"), (ana, "administrator"), (bo, "reviewer")):
        house.submit(read_command("role.granted", {"actor_id": actor_id, "role": role}))
    house.submit(read_command("role.revoked", {"actor_id": bo, "role": "approver"}))
    house.submit(a_model(ana))
    return ana


def predecessor(log: Log) -> Predecessor:
    event = log.entry(0).event
    assert isinstance(event, LogCreated)
    assert event.previous is not None
    return event.previous


def no_progress(step: str, done: int, total: int) -> None:
    del step, done, total


def test_the_new_log_is_bound_to_the_end_of_the_old_one(house: House) -> None:
    lived(house)
    freeze(house)
    new = continue_frozen(house.log, plan(house))
    head = house.log.head()
    before = predecessor(new)
    assert (before.origin, before.size, before.root) == (
        house.log.origin,
        head.size,
        head.root.hex(),
    )
    assert base64.b64decode(before.checkpoint) == head.checkpoint
    assert before.loss is None
    assert audit(new).sound
    assert audit(house.log).sound
    assert new.vkey != house.log.vkey


def test_people_roles_and_policy_come_over_and_nothing_else(house: House) -> None:
    ana = lived(house)
    freeze(house)
    old, new = Reader(house.log), Reader(continue_frozen(house.log, plan(house)))
    assert {one.id for one in new.actors()} == {one.id for one in old.actors()}
    assert new.person(ana).name == "Ana"
    for role in ("administrator", "reviewer", "approver"):
        assert new.holders(role) == old.holders(role)
    assert new.policy()[1].digest == old.policy()[1].digest
    assert new.log.service == old.log.service
    assert new.models() == []
    assert predecessor(new.log).carried == 4


def test_a_policy_in_parts_comes_over_with_them(house: House) -> None:
    texts = ({"id": "test"}, {"gates": [1]}, {"gates": [2]})
    digests = [hex_digest(canonical(part)) for part in texts]
    for digest, part in zip(digests, texts, strict=True):
        facts = {"policy": "test", "digest": digest, "part": part}
        house.submit(read_command("policy.filed", facts))
    in_force = {"policy": "test", "digest": "77" * 32, "previous": POLICY, "parts": digests[:2]}
    house.submit(read_command("policy.activated", in_force))
    freeze(house)
    new = Reader(continue_frozen(house.log, plan(house)))
    assert new.policy()[1].parts == tuple(digests[:2])
    kept = [new.state_of(PolicyPart, digest) for digest in digests]
    assert [one.fields if one else None for one in kept] == [*texts[:2], None]
    assert audit(new.log).sound


def test_what_would_stay_behind_is_counted(house: House) -> None:
    house.fill()
    assert left_behind(house.log) == {
        "models": 1,
        "versions": 2,
        "granted releases": 1,
        "running deployments": 1,
    }


def test_what_auditors_and_the_organisation_set_up_is_counted_too(house: House) -> None:
    house.submit(person(actor_id="a1" * 16))
    room = {
        "auditor": "a1" * 16,
        "frameworks": ["soc2"],
        "period_from": "2026-01-01",
        "period_until": "2026-03-31",
        "until": "2027-06-01T00:00:00.000000Z",
    }
    field = {"name": "region", "title": "Region", "of": "version", "type": "text"}
    house.submit(read_command("room.opened", room))
    house.submit(read_command("schema.activated", {"fields": [field]}))
    assert left_behind(house.log) == {"schemas of metadata": 1, "auditors' rooms": 1}


def test_a_name_that_was_erased_does_not_come_back(house: House) -> None:
    ana = lived(house)
    with house.log.engine.begin() as sql:
        sql.execute(text("DELETE FROM vault"))
    freeze(house)
    new = Reader(continue_frozen(house.log, plan(house)))
    assert new.person(ana).name == ""


def test_who_was_erased_does_not_come_over_and_other_accounts_stay_one_person(
    house: House,
) -> None:
    ana, bo, di = "a1" * 16, "b0" * 16, "d1" * 16
    for actor_id in (ana, bo, di):
        house.submit(person(actor_id=actor_id))
    for other in (bo, di):
        house.submit(read_command("identity.linked", {"actor_id": other, "same_as": ana}))
    erase(house, ana)
    freeze(house)
    new = Reader(continue_frozen(house.log, plan(house)))
    there = {one.id: one for one in new.actors()}
    assert ana not in there
    assert there[di].person == there[bo].person
    assert audit(new.log).problems == []


ANA, BO, DI = "a1" * 16, "b0" * 16, "d1" * 16


def stand_ins(house: House) -> None:
    """Ana let Bo stand in for her, who holds a role still; other delegations are over or void."""
    for actor_id in (ANA, BO, DI):
        house.submit(person(actor_id=actor_id))
    for actor_id, role in ((ANA, "approver"), (ANA, "compliance"), (DI, "approver")):
        house.submit(read_command("role.granted", {"actor_id": actor_id, "role": role}))
    until, soon = "2099-01-01T00:00:00.000000Z", house.clock() + timedelta(minutes=5)
    delegate(house, ANA, BO, "approver", until)
    over = delegate(house, ANA, DI, "approver", until)
    house.submit(read_command("delegation.ended", {"delegation": over}))
    delegate(house, ANA, BO, "compliance", until)
    house.submit(read_command("role.revoked", {"actor_id": ANA, "role": "compliance"}))
    delegate(house, DI, BO, "approver", soon.strftime("%Y-%m-%dT%H:%M:%S.000000Z"))
    house.clock.step = timedelta(minutes=10)
    freeze(house)


def delegate(house: House, who: str, other: str, role: str, until: str) -> int:
    fields = {"actor_id": other, "role": role, "until": until, "reason": "on leave"}
    event = read_command("role.delegated", fields)
    return house.submitter.submit(Actor(id=who, type="person", via="password"), event).sequence


def test_a_delegation_that_is_not_over_comes_over_in_the_name_of_whoever_made_it(
    house: House,
) -> None:
    stand_ins(house)
    new = Reader(continue_frozen(house.log, plan(house)))
    with reading(new.log.engine) as connection:
        registry = new.registry(connection)
        held, given = registry.find(StandIns, BO), registry.find(StandIns, ANA)
    assert held is not None
    assert given is not None
    (number,) = held.held
    assert given.given == (number,)
    entry = new.log.entry(number)
    assert entry.actor == Actor(id=ANA, type="person", via="service")
    with reading(new.log.engine) as connection:
        texts = new.log.vault.read(connection, number, entry.commitments)
    assert (entry.event.role, texts) == ("approver", {"reason": "on leave"})
    assert audit(new.log).problems == []


@pytest.mark.parametrize("change", ["left out", "of another", "longer"])
def test_a_delegation_that_is_not_the_one_of_the_log_before_is_noticed(
    house: House, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made with the new log's genuine keys."""
    stand_ins(house)

    def other(*arguments: Any, **named: Any) -> Carried:
        found = carried_over(*arguments, **named)
        *others, (who, told) = found.events
        longer = told.model_copy(update={"until": "2199-01-01T00:00:00.000000Z"})
        by_di = who.model_copy(update={"id": DI})
        last = {"left out": (), "of another": ((by_di, told),), "longer": ((who, longer),)}[change]
        return replace(found, events=(*others, *last))

    monkeypatch.setattr("ledger.shard.carried_over", other)
    new = continue_frozen(house.log, plan(house))
    assert {one.code for one in audit(new).problems} == {"carried-wrong"}


def test_a_frozen_log_takes_nothing_more_and_names_its_successor(house: House) -> None:
    house.submit(person(actor_id="ab" * 16), "ana")
    freeze(house)
    head = house.log.head()
    for event in (person(), read_command("log.frozen", {"successor": "elsewhere.example"})):
        with pytest.raises(ConflictError) as refused:
            house.submit(event)
        assert refused.value.code == "log-frozen"
        assert refused.value.numbers["successor"] == ORIGIN
        assert ORIGIN in refused.value.sentence
    # Neither does it record refusals.
    house.judge.refused.add("actor.enrolled")
    with pytest.raises(ConflictError):
        house.submit(person())
    assert house.log.head() == head
    # Who had no answer still finds out.
    again = house.submit(person(actor_id="ab" * 16), "ana")
    assert again.replayed


def test_a_process_that_did_not_end_the_log_learns_that_it_ended(house: House) -> None:
    other = house.reopened()
    door = Submitter(other, house.judge, now=house.clock)
    assert other.learn_successor(other.head().size) == ""
    freeze(house)
    house.judge.refused.add("actor.enrolled")
    for event in (person(), read_command("log.frozen", {"successor": "elsewhere.example"})):
        with pytest.raises(ConflictError) as refused:
            door.submit(house.service, event)
        assert (refused.value.code, refused.value.numbers["successor"]) == ("log-frozen", ORIGIN)
    assert other.learn_successor(other.head().size) == ORIGIN
    door.close()
    other.guard.close()
    other.engine.dispose()


def test_what_comes_after_the_end_in_the_same_batch_is_refused_with_it(house: House) -> None:
    size = house.log.head().size
    asked = [Asked(read_command("log.frozen", {"successor": ORIGIN})), Asked(person())]
    with pytest.raises(ConflictError) as refused:
        house.submitter.submit_batch(house.service, asked)
    assert refused.value.code == "log-frozen"
    assert house.log.head().size == size
    # All of it was undone, so the log goes on.
    assert house.submit(person()).sequence == size


def test_a_frozen_log_knows_its_successor_when_it_is_opened_again(house: House) -> None:
    freeze(house)
    log = house.reopened()
    assert (log.alarm, log.successor) == ("", ORIGIN)
    door = Submitter(log, house.judge, now=house.clock)
    with pytest.raises(ConflictError) as refused:
        door.submit(house.service, person())
    assert refused.value.code == "log-frozen"
    door.close()
    log.guard.close()
    log.engine.dispose()


def test_a_log_is_not_its_own_successor(house: House) -> None:
    with pytest.raises(ConflictError, match="own successor"):
        freeze(house, house.log.origin)


def test_a_log_that_goes_on_is_not_continued(house: House) -> None:
    with pytest.raises(ConflictError) as refused:
        continue_frozen(house.log, plan(house))
    assert refused.value.code == "log-not-frozen"
    with pytest.raises(ConflictError) as refused:
        continue_with_loss(house.log, plan(house), no_progress)
    assert refused.value.code == "log-goes-on"
    freeze(house, "counterseal.example/test/another")
    with pytest.raises(ConflictError) as refused:
        continue_frozen(house.log, plan(house))
    assert refused.value.code == "log-not-frozen"


def test_a_log_is_continued_once(house: House) -> None:
    freeze(house)
    continue_frozen(house.log, plan(house))
    for again in (plan(house), plan(house, "2028")):
        with pytest.raises(ConflictError) as refused:
            continue_frozen(house.log, again)
        assert refused.value.code == "log-exists"


def test_a_frozen_log_is_still_served_and_exported(house: House, tmp_path: Path) -> None:
    lived(house)
    freeze(house)
    continue_frozen(house.log, plan(house))
    done = export(LogSource(house.log), house.log.vkeys[0], tmp_path / "copy", no_progress)
    assert done.size == house.log.head().size
    assert house.log.prove(0).index == 0


def test_three_logs_follow_each_other(house: House) -> None:
    ana = lived(house)
    freeze(house)
    second = continue_frozen(house.log, plan(house))
    door = Submitter(second, house.judge, now=house.clock)
    door.submit(house.service, a_model(ana))
    last = "counterseal.example/test/2028"
    door.submit(house.service, read_command("log.frozen", {"successor": last}))
    door.close()
    third = continue_frozen(second, plan(house, "2028", last))
    for log in (house.log, second, third):
        assert audit(log).sound
    assert Reader(third).person(ana).name == "Ana"
    assert predecessor(third).origin == ORIGIN


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE entry SET kind = 'x' WHERE log_id = 1 AND kind = 'role.revoked'", "carried-wrong"),
        ("DELETE FROM entry WHERE log_id = 1 AND kind = 'role.granted'", None),
        ("UPDATE head SET size = size - 1 WHERE log_id = 1", "previous-other"),
        ("UPDATE head SET size = size + 1 WHERE log_id = 1", "previous-grew"),
        ("DELETE FROM entry WHERE log_id = 1 AND kind = 'policy.activated'", None),
    ],
)
def test_a_log_before_that_was_changed_is_noticed_from_the_new_one(
    sqlite_house: House, statement: str, code: str | None
) -> None:
    house = sqlite_house
    lived(house)
    freeze(house)
    new = continue_frozen(house.log, plan(house))
    assert audit(new).sound
    with house.log.engine.begin() as sql:
        for name in sql.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            sql.execute(text(f"DROP TRIGGER {name[0]}"))
        sql.execute(text(statement))
    found = audit(new)
    assert not found.sound
    codes = {one.code for one in found.problems}
    assert codes
    assert code is None or code in codes


def test_a_beginning_that_says_something_else_of_the_log_before_is_noticed(house: House) -> None:
    """Made with the new log's genuine keys, by whoever wants the past to be another."""
    from ledger.genesis import create_log

    lived(house)
    freeze(house)
    made = plan(house)
    true = predecessor(continue_frozen(house.log, plan(house, "true")))
    others = [
        ("other-root", {"root": "00" * 32}, {"previous-other"}),
        ("other-key", {"key": "11" * 32}, {"previous-unsigned", "previous-key"}),
        ("earlier", {"size": true.size - 1}, {"previous-other"}),
        ("nobody", {"carried": 0}, {"carried-wrong", "previous-not-frozen"}),
    ]
    for name, change, codes in others:
        log = create_log(
            house.log.engine,
            house.log.guard,
            made.keyring,
            name=name,
            origin=f"counterseal.example/test/{name}",
            policy=Reader(house.log).policy()[1],
            seal_certificate="ef" * 32,
            generator="counterseal test",
            now=house.clock(),
            previous=true.model_copy(update=change),
        )
        found = {one.code for one in audit(log).problems}
        assert codes <= found, name


def test_a_log_before_that_is_elsewhere_is_told_as_not_checked(
    house: House, tmp_path: Path
) -> None:
    freeze(house)
    made = plan(house)
    new = continue_frozen(house.log, made)
    with house.log.engine.begin() as sql:
        sql.execute(text("UPDATE log SET origin = 'moved.example' WHERE log_id = 1"))
    found = audit(new)
    assert found.sound
    assert any("the log that this one continues" in what for what in found.skipped)


# After a loss.


def put_back_older(house: House, grow: int = 2) -> Log:
    """Yesterday's database under today's guard: ``grow`` entries are gone."""
    lived(house)
    house.submitter.close()
    house.log.engine.dispose()
    file = house.folder / "ledger.db"
    shutil.copy(file, house.folder / "older.db")
    for _ in range(grow):
        house.submit(person())
    house.submitter.close()
    house.log.engine.dispose()
    shutil.copy(file, house.folder / "newest.db")
    shutil.copy(house.folder / "older.db", file)
    log = house.reopened()
    assert "older copy" in log.alarm
    return log


def test_a_loss_is_stated_in_the_first_entry_of_the_new_log(sqlite_house: House) -> None:
    house = sqlite_house
    log = put_back_older(house)
    size = log.head().size
    guarded = log.guard.read(log.origin)
    assert guarded is not None
    with pytest.raises(IntegrityError) as refused:
        continue_frozen(log, plan(house))
    assert "--with-loss" in refused.value.remedy
    new = continue_with_loss(log, plan(house), no_progress)
    loss = predecessor(new).loss
    assert loss is not None
    assert (loss.since, loss.promised_size, loss.source) == (size, size + 2, "guard")
    assert loss.promised_root == guarded.root.hex()
    assert loss.checkpoint is not None
    assert base64.b64decode(loss.checkpoint).decode() == guarded.checkpoint
    assert audit(new).sound
    door = Submitter(new, house.judge, now=house.clock)
    assert door.submit(house.service, person()).outcome == "allow"
    door.close()
    # The old log is as it was: not one entry more, and still in alarm.
    assert log.head().size == size
    log.guard.close()
    log.engine.dispose()


def test_a_witness_may_know_of_more_than_the_guard(sqlite_house: House) -> None:
    house = sqlite_house
    shutil.copy(house.folder / "guard.db", house.folder / "older-guard.db")
    log = put_back_older(house, grow=3)
    promised = log.guard.read(log.origin)
    assert promised is not None
    note = promised.checkpoint.encode()
    log.alarm = log.alarm or "it is an older copy"
    with log.guard.engine.begin() as sql:  # type: ignore[attr-defined]
        sql.execute(text("DELETE FROM guard"))
    new = continue_with_loss(log, plan(house), no_progress, promised=note)
    loss = predecessor(new).loss
    assert loss is not None
    assert (loss.promised_size, loss.source) == (promised.size, "checkpoint")
    assert parse_note(base64.b64decode(loss.checkpoint or "")).text == parse_note(note).text
    log.guard.close()
    log.engine.dispose()


def test_a_log_that_was_given_up_stays_ended_when_its_entries_are_found_after_all(
    sqlite_house: House, tmp_path: Path
) -> None:
    house = sqlite_house
    log = put_back_older(house)
    newest = open_engine(f"sqlite:///{house.folder / 'newest.db'}")
    whole = open_log(newest, "main", log.keyring, open_guard(f"sqlite:///{tmp_path / 'g.db'}"))
    whole.alarm = ""
    export(LogSource(whole), whole.vkeys[0], tmp_path / "copy", no_progress)
    continue_with_loss(log, plan(house), no_progress)
    bring_back(log, DirectorySource(tmp_path / "copy"), no_progress)
    again = open_log(log.engine, "main", log.keyring, log.guard)
    assert (again.alarm, again.successor) == ("", ORIGIN)
    door = Submitter(again, house.judge, now=house.clock)
    with pytest.raises(ConflictError) as refused:
        door.submit(house.service, person())
    assert refused.value.code == "log-frozen"
    door.close()
    whole.guard.close()
    newest.dispose()
    log.guard.close()
    log.engine.dispose()


def test_damage_in_the_middle_is_a_loss_from_the_last_checkpoint_that_stands(
    sqlite_house: House,
) -> None:
    house = sqlite_house
    lived(house)
    with house.log.engine.begin() as sql:
        for name in sql.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
            sql.execute(text(f"DROP TRIGGER {name[0]}"))
        sql.execute(text("UPDATE entry SET envelope = x'00' WHERE sequence = 6"))
    house.log.alarm = "The head of the log does not agree with its entries."
    new = continue_with_loss(house.log, plan(house), no_progress)
    before = predecessor(new)
    assert before.loss is not None
    assert before.size == before.loss.since <= 6
    assert before.loss.promised_size == house.log.head().size


def test_a_history_that_was_never_promised_says_that_nothing_of_the_promised_one_is_here(
    sqlite_house: House,
) -> None:
    from ledger.store.guards import Guarded

    house = sqlite_house
    lived(house)
    there = house.log.guard.read(house.log.origin)
    assert there is not None
    note = house.log.sign_checkpoint(there.size, b"\x09" * 32).decode()
    house.log.guard.swap(house.log.origin, there, Guarded(there.size, b"\x09" * 32, note))
    log = house.reopened()
    assert "another history" in log.alarm
    new = continue_with_loss(log, plan(house), no_progress)
    loss = predecessor(new).loss
    assert loss is not None
    assert (loss.since, loss.promised_size) == (0, there.size)
    assert json.loads(log.entry(0).envelope)
    log.guard.close()
    log.engine.dispose()
