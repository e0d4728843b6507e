"""A person is erased: the ledger verifies, the person is gone, and nobody else is touched."""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, select, update

from ledger.audit import audit
from ledger.bring_back import bring_back
from ledger.core.note import parse_vkey
from ledger.errors import ConflictError, UnknownSubjectError
from ledger.events.catalogue import read_command
from ledger.export import export
from ledger.keys.keyring import VAULT, VAULT_BEFORE
from ledger.mirror import DirectorySource
from ledger.published import LogSource
from ledger.query import Reader
from ledger.rewrap import rotate_wrapping_key, settle
from ledger.store.database import reading, writing
from ledger.store.tables import vault, vault_key
from tests.tools.house import a_model

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log import Log
    from tests.tools.house import House

ANA, BO = "a1" * 16, "b0" * 16


def do(house: House, kind: str, **fields: Any) -> int:
    return house.submit(read_command(kind, fields)).sequence


def enrol(house: House, actor_id: str, name: str) -> int:
    email = f"{name.partition(' ')[0].lower()}@people.example"
    return do(
        house, "actor.enrolled", actor_id=actor_id, actor_type="person", name=name, email=email
    )


def counted(log: Log, actor_id: str) -> dict[str, Any]:
    with reading(log.engine) as connection:
        return {
            "texts": log.vault.count(connection, actor_id),
            "keys": list(log.vault.key_ids(connection, actor_id)),
        }


def asked(house: House, actor_id: str = ANA) -> int:
    return do(house, "erasure.requested", actor_id=actor_id, received="2026-11-01", reason="I left")


def erase(house: House, actor_id: str = ANA) -> int:
    request = asked(house, actor_id)
    do(house, "erasure.approved", erasure=request, assessment="Nothing to keep")
    what = counted(house.log, actor_id)
    return do(house, "subject.erased", actor_id=actor_id, erasure=request, **what)


def fill(house: House) -> House:
    enrol(house, ANA, "Ana Kova\u010d")
    enrol(house, BO, "Bo Lindqvist")
    return house


@pytest.fixture
def two(sqlite_house: House) -> House:
    return fill(sqlite_house)


def codes(found: object) -> set[str]:
    return {problem.code for problem in found.problems}


def test_who_was_erased_is_gone_and_everything_else_verifies(house: House) -> None:
    two = fill(house)
    entry = erase(two)
    reader = Reader(two.log)
    ana, bo = reader.person(ANA), reader.person(BO)
    assert (ana.name, ana.email, ana.erased) == ("", "", entry)
    assert (bo.name, bo.email, bo.erased) == ("Bo Lindqvist", "bo@people.example", None)
    assert counted(two.log, ANA) == {"texts": 0, "keys": []}
    found = audit(two.log)
    assert found.sound, found.problems
    assert (found.counts.erased_texts, found.counts.private_texts) == (3, 3)


def test_neither_the_wrapped_key_nor_a_sealed_text_is_left_in_a_file(sqlite_house: House) -> None:
    enrol(sqlite_house, ANA, "Ana Kova\u010d")
    with reading(sqlite_house.log.engine) as connection:
        mine = select(vault.c.sealed).where(vault.c.subject == ANA)
        gone = list(connection.execute(mine).scalars())
        gone += connection.execute(select(vault_key.c.wrapped)).scalars()
    files = [file for file in sqlite_house.folder.glob("ledger.db*") if file.is_file()]
    assert all(any(piece in file.read_bytes() for file in files) for piece in gone)
    erase(sqlite_house)
    files = [file for file in sqlite_house.folder.rglob("*") if file.is_file()]
    assert not [file for file in files for piece in gone if piece in file.read_bytes()]


def test_a_text_that_is_missing_without_an_erasure_is_told_from_one_that_was_erased(
    two: House,
) -> None:
    erase(two)
    with writing(two.log.engine) as connection:
        connection.execute(delete(vault).where(vault.c.subject == BO, vault.c.field == "email"))
    found = audit(two.log)
    assert codes(found) == {"vault-missing"}
    assert found.counts.erased_texts == 3


def test_a_key_that_is_missing_without_an_erasure_is_told(two: House) -> None:
    with writing(two.log.engine) as connection:
        connection.execute(delete(vault_key).where(vault_key.c.subject == BO))
    assert codes(audit(two.log)) == {"vault-missing"}


@pytest.mark.parametrize("table", [vault, vault_key], ids=["text", "key"])
def test_what_was_erased_and_is_there_again_is_told(two: House, table: Any) -> None:
    with reading(two.log.engine) as connection:
        row = connection.execute(select(table).where(table.c.subject == ANA)).mappings().first()
    assert row is not None
    entry = erase(two)
    with writing(two.log.engine) as connection:
        connection.execute(table.insert().values(**row))
    found = audit(two.log)
    assert codes(found) == {"erased-but-there"}
    assert {problem.sequence for problem in found.problems} == {entry}


def test_an_erasure_that_says_less_than_it_destroys_is_not_recorded(two: House) -> None:
    request = asked(two)
    do(two, "erasure.approved", erasure=request, assessment="Nothing to keep")
    what = counted(two.log, ANA)
    for wrong in ({**what, "texts": 1}, {**what, "keys": []}, {**what, "keys": ["0f" * 32]}):
        with pytest.raises(ConflictError) as told:
            do(two, "subject.erased", actor_id=ANA, erasure=request, **wrong)
        assert told.value.code == "erasure-outdated"
    assert counted(two.log, ANA) == what


def test_nothing_is_erased_that_nobody_approved(two: House) -> None:
    what = counted(two.log, ANA)
    with pytest.raises(UnknownSubjectError):
        do(two, "subject.erased", actor_id=ANA, erasure=1, **what)
    request = asked(two)
    what = counted(two.log, ANA)
    with pytest.raises(ConflictError, match="not answered yet") as told:
        do(two, "subject.erased", actor_id=ANA, erasure=request, **what)
    assert told.value.code == "erasure-not-approved"
    do(two, "erasure.approved", erasure=request, assessment="Nothing to keep")
    with pytest.raises(ConflictError) as other:
        do(two, "subject.erased", actor_id=BO, erasure=request, **counted(two.log, BO))
    assert other.value.code == "other-subject"
    do(two, "erasure.refused", erasure=request, ground="legal_claims", assessment="A claim came")
    with pytest.raises(ConflictError, match="refused"):
        do(two, "subject.erased", actor_id=ANA, erasure=request, **what)
    assert counted(two.log, ANA)["texts"] == 3


@pytest.mark.parametrize("on", ["all", "subject", "model"])
def test_a_hold_forbids_it_and_says_which(two: House, on: str) -> None:
    do(two, "role.granted", actor_id=ANA, role="ml_lead")
    do(two, "role.revoked", actor_id=ANA, role="ml_lead")
    two.submit(a_model(BO))
    ana = two.service.model_copy(update={"id": ANA, "type": "person"})
    described = {"model": "other", "description": "Hers", "owner": ANA}
    fields = {**a_model(ANA).facts(), **described}
    two.submitter.submit(ana, read_command("model.registered", fields))
    scope = {"all": {}, "subject": {"actor_id": ANA}, "model": {"model": "other"}}[on]
    request = asked(two)
    do(two, "erasure.approved", erasure=request, assessment="Nothing to keep")
    do(two, "hold.placed", scope="model", model="churn", reason="Not of hers")
    hold = do(two, "hold.placed", scope=on, reason="A claim", **scope)
    what = counted(two.log, ANA)
    with pytest.raises(ConflictError, match=f"Hold {hold} on") as told:
        do(two, "subject.erased", actor_id=ANA, erasure=request, **what)
    assert (told.value.code, told.value.numbers["hold"]) == ("held", hold)
    assert counted(two.log, ANA) == what
    do(two, "hold.released", hold=hold, reason="Settled")
    do(two, "subject.erased", actor_id=ANA, erasure=request, **what)
    assert audit(two.log).sound


def test_who_holds_a_role_is_not_erased(two: House) -> None:
    do(two, "role.granted", actor_id=ANA, role="ml_lead")
    with pytest.raises(ConflictError) as told:
        erase(two)
    assert told.value.code == "subject-holds-roles"


def test_who_was_erased_does_nothing_and_has_nothing_done_to_them(two: House) -> None:
    entry = erase(two)
    ana = two.service.model_copy(update={"id": ANA, "type": "person"})
    with pytest.raises(ConflictError) as told:
        two.submitter.submit(ana, a_model(BO))
    assert (told.value.code, told.value.numbers["erased"]) == ("subject-erased", entry)
    for kind, fields in {
        "erasure.requested": {"received": "2026-11-01"},
        "subject.rectified": {"supersedes": 2, "name": "Ana"},
    }.items():
        with pytest.raises(ConflictError, match="erased by entry"):
            do(two, kind, actor_id=ANA, **fields)
    assert counted(two.log, ANA) == {"texts": 0, "keys": []}


def test_what_is_put_right_is_shown_and_made_from_what_stood_last(two: House) -> None:
    since = Reader(two.log).actor(ANA).since
    first = do(two, "subject.rectified", actor_id=ANA, supersedes=since, name="Ana Horvat")
    person = Reader(two.log).person(ANA)
    assert (person.name, person.email) == ("Ana Horvat", "")
    with pytest.raises(ConflictError, match="meanwhile"):
        do(two, "subject.rectified", actor_id=ANA, supersedes=since, name="Ana K.")
    do(two, "subject.rectified", actor_id=ANA, supersedes=first, name="A. H.", email="a@b.example")
    assert Reader(two.log).person(ANA).email == "a@b.example"
    erase(two)
    assert Reader(two.log).person(ANA).name == ""
    assert audit(two.log).sound


def test_a_new_wrapping_key_opens_every_text_and_the_old_one_none(two: House) -> None:
    before = counted(two.log, ANA)
    new = secrets.token_bytes(32)
    with writing(two.log.engine) as connection:
        assert two.log.vault.rewrap(connection, new) == 2
    assert codes(audit(two.log)) == {"vault-damaged"}
    (two.folder / "keys" / VAULT).chmod(0o600)
    (two.folder / "keys" / VAULT).write_bytes(new)
    log = two.reopened()
    assert audit(log).sound
    assert counted(log, ANA) == before
    log.engine.dispose()


def test_the_wrapping_key_is_turned_while_another_process_is_at_work(two: House) -> None:
    before = counted(two.log, ANA)
    other = two.reopened()
    old = (two.folder / "keys" / VAULT).read_bytes()
    assert rotate_wrapping_key(other) == 2
    assert (two.folder / "keys" / VAULT).read_bytes() != old
    enrol(two, "c0" * 16, "Cy Novak")
    assert counted(two.log, ANA) == before
    for log in (two.log, other):
        assert audit(log).sound
    assert [file.name for file in (two.folder / "keys").glob(f"{VAULT}*")] == [VAULT]
    other.engine.dispose()


def test_a_wrapping_key_that_is_turned_while_texts_are_verified_damages_nothing(
    two: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = two.log.head().size
    with reading(two.log.engine) as connection:
        before = two.log.vault.stretch(connection, 0, size)
    assert before.wrapped
    assert rotate_wrapping_key(two.log) == len(before.wrapped)
    monkeypatch.setattr(two.log.vault, "stretch", lambda *_: before)
    found = audit(two.log)
    assert found.sound, found.problems
    assert found.counts.private_texts == len(before.places)


@pytest.mark.parametrize("committed", [False, True])
def test_a_rotation_that_was_cut_off_is_settled_either_way(two: House, committed: bool) -> None:
    keys = two.folder / "keys"
    old, new = (keys / VAULT).read_bytes(), secrets.token_bytes(32)
    if committed:
        with writing(two.log.engine) as connection:
            two.log.vault.rewrap(connection, new)
    for name, key in ((VAULT, new), (VAULT_BEFORE, old)):
        (keys / name).write_bytes(key)
        (keys / name).chmod(0o600)
    log = two.reopened()
    assert settle(log)
    assert (keys / VAULT).read_bytes() == (new if committed else old)
    assert not settle(log)
    assert audit(log).sound
    log.engine.dispose()


def test_entries_that_are_brought_back_erase_again(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    enrol(house, ANA, "Ana Kova\u010d")
    enrol(house, BO, "Bo Lindqvist")
    shutil.copy(house.folder / "ledger.db", house.folder / "yesterday.db")
    erase(house)
    folder = tmp_path / "copy"
    export(LogSource(house.log), parse_vkey(house.log.vkey), folder, lambda *_: None)
    house.submitter.close()
    house.log.engine.dispose()
    shutil.copy(house.folder / "yesterday.db", house.folder / "ledger.db")
    log = house.reopened()
    assert counted(log, ANA)["texts"] == 2
    bring_back(log, DirectorySource(folder), lambda *_: None)
    assert counted(log, ANA) == {"texts": 0, "keys": []}
    assert codes(audit(log)) == {"vault-missing"}  # of the answer, which no copy holds
    log.engine.dispose()


def test_a_count_in_the_entry_that_is_not_what_lacks_is_told(two: House) -> None:
    erase(two)
    with writing(two.log.engine) as connection:
        moved = update(vault).where(vault.c.subject == BO, vault.c.field == "name")
        connection.execute(moved.values(field="nickname"))
    assert codes(audit(two.log)) == {"vault-missing", "vault-surplus"}
