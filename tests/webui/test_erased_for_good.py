"""One person among many is erased: everything verifies, and nothing of the person is anywhere.

``bench/erasure.py`` does the same with 1,000 people and 50,000 entries.
"""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from ledger.audit import audit
from ledger.backup import open_backup
from ledger.batch import Asked
from ledger.events.actor import Actor
from ledger.events.catalogue import read_command
from ledger.store.database import reading
from ledger.store.tables import vault, vault_key
from webui.custody import back_up, restore
from webui.identity.accounts import create_account
from webui.identity.sessions import open_session
from webui.identity.strength import Strength
from webui.privacy import carry_out, record_erased_again
from webui.tombstones import FILE
from webui.wiring import open_home

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.events.event import Event
    from tests.webui.house import House

PEOPLE, ENTRIES, DESCRIBING = 60, 1_500, 3
NAME, EMAIL = "Zdenka Przybyszewska", "zdenka.przybyszewska@people.example"
PASSWORD = "a long password that nobody has"


@dataclass
class Erased:
    """A house in which one of many was erased, and what there was of the person before."""

    house: House
    subject: str
    others: list[str]
    wrapped: bytes
    sealed: list[bytes]
    before: Path
    entry: int


def fill(house: House, people: int, entries: int) -> tuple[str, list[str]]:
    """People with names, addresses, models they describe, and reasons that others wrote."""
    wiring = house.wiring
    root = Actor(id=house.administrator, type="person", via="password")
    ids = [f"{number:032x}" for number in range(0xA000, 0xA000 + people)]
    events: list[Event] = []
    for number, one in enumerate(ids):
        mine = number == people // 2
        name = NAME if mine else f"Person Number {number}"
        email = EMAIL if mine else f"person-{number}@people.example"
        enrolled = {"actor_id": one, "actor_type": "person", "name": name, "email": email}
        events.append(read_command("actor.enrolled", enrolled))
        events.append(read_command("role.granted", {"actor_id": one, "role": "data_scientist"}))
    for start in range(0, len(events), 1_000):
        batch = [Asked(event) for event in events[start : start + 1_000]]
        wiring.submitter.submit_batch(root, batch)
    for number, one in enumerate(ids):
        if abs(number - people // 2) > DESCRIBING:
            continue
        name, email = (NAME, EMAIL) if number == people // 2 else ("Nobody", "n@people.example")
        person = Actor(id=one, type="person", via="password")
        model = {
            "model": f"model-{number}", "version_scheme": "semantic", "task": "classification",
            "risk_tier": "low", "purposes": ["retention"], "owner": one,
            "description": f"Made by {name}, ask {email}",
        }  # fmt: skip
        wiring.submitter.submit(person, read_command("model.registered", model))
    subject = ids[people // 2]
    others = [one for one in ids if one != subject]
    at = 0
    while (left := entries - wiring.log.head().size) > 1:
        batch = []
        for one in others[at : at + min(250, left // 2)]:
            fields = {"actor_id": one, "role": "ml_lead", "reason": "For a while"}
            batch += [read_command("role.granted", fields), read_command("role.revoked", fields)]
        at = 0 if at + 250 >= len(others) else at + 250
        wiring.submitter.submit_batch(root, [Asked(event) for event in batch])
    return subject, others


def erase(house: House, subject: str) -> int:
    """Asked, approved and carried out, by the people who do such things."""
    wiring = house.wiring
    root = Actor(id=house.administrator, type="person", via="password")
    chi, dora = (
        Actor(id=house.enrol(name, "", role), type="person", via="password")
        for name, role in (("Chi", "compliance"), ("Dora", "data_protection_officer"))
    )
    today = wiring.now().date().isoformat()
    request = {"actor_id": subject, "received": today, "reason": f"I, {NAME}, want this"}
    number = wiring.submitter.submit(chi, read_command("erasure.requested", request)).sequence
    said = {"erasure": number, "assessment": "No duty is left"}
    assert wiring.submitter.submit(dora, read_command("erasure.approved", said)).outcome == "allow"
    role = {"actor_id": subject, "role": "data_scientist"}
    assert wiring.submitter.submit(root, read_command("role.revoked", role)).outcome == "allow"
    receipt = carry_out(wiring, dora, number)
    assert receipt.outcome == "allow"
    return receipt.sequence


def lived(house: House, people: int, entries: int) -> Erased:
    """Fill a house, back it up, erase one person."""
    subject, others = fill(house, people, entries)
    create_account(house.wiring, subject, PASSWORD)
    open_session(house.wiring, subject, Strength("password"))
    house.token(subject)
    with reading(house.wiring.engine) as connection:
        mine = select(vault_key.c.wrapped).where(vault_key.c.subject == subject)
        wrapped = connection.execute(mine).scalar_one()
        texts = select(vault.c.sealed).where(vault.c.subject == subject)
        sealed = list(connection.execute(texts).scalars())
    before = back_up(house.wiring, plain=True).backup.path
    kept = house.wiring.settings.home / "before"
    shutil.move(before, kept)
    return Erased(house, subject, others, wrapped, sealed, kept, erase(house, subject))


def holding(files: Iterable[Path], needles: Iterable[bytes]) -> list[str]:
    """The files that hold one of the needles."""
    wanted = list(needles)
    found = []
    for file in files:
        if file.is_file():
            data = file.read_bytes()
            found += [f"{file.name}: {needle[:12]!r}" for needle in wanted if needle in data]
    return found


def words() -> list[bytes]:
    """Name and address, as files may hold them."""
    forms = (NAME, EMAIL, NAME.partition(" ")[2], NAME.upper(), EMAIL.partition("@")[0])
    return [form.encode(code) for form in forms for code in ("utf-8", "utf-16-le")]


def files_of(house: House, but: Path) -> list[Path]:
    return [file for file in house.wiring.settings.home.rglob("*") if file != but]


def database_files(house: House) -> list[Path]:
    """The raw files of the tables, where the server has them on this machine."""
    engine = house.wiring.engine
    if engine.dialect.name == "sqlite":
        return []
    with engine.connect() as plain:
        connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("CHECKPOINT"))
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        tables = ("vault", "vault_key", "entry", "folded", "identity_account", "identity_session")
        names = [
            connection.execute(text(f"SELECT pg_relation_filepath('{name}')")).scalar_one()
            for name in tables
        ]
    return [folder / name for name in names]


def test_one_of_many_is_erased_for_good(any_house: House, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    erased = lived(any_house, PEOPLE, ENTRIES)
    house, wiring = any_house, any_house.wiring
    found = audit(wiring.log, redecide=wiring.redecide())
    assert found.sound, found.problems
    assert found.size >= ENTRIES
    assert found.counts.erased_texts == len(erased.sealed) + 1  # and the request's own words
    people = wiring.reader.people([erased.subject, *erased.others])
    assert (people[erased.subject].name, people[erased.subject].erased) == ("", erased.entry)
    assert all(people[one].name and people[one].email for one in erased.others)

    key = [erased.wrapped]
    home = files_of(house, erased.before)
    assert holding([*home, *database_files(house)], [*words(), *key]) == []
    if wiring.engine.dialect.name == "sqlite":
        assert holding(home, erased.sealed) == []
    assert NAME not in caplog.text
    assert EMAIL not in caplog.text

    fresh = back_up(wiring, plain=True).backup.path
    with open_backup(fresh, "") as opened:
        inside = list(opened.folder.rglob("*"))
        assert holding([fresh, *inside], [*words(), *key]) == []
        assert any(file.is_file() and file.stat().st_size for file in inside)


def test_a_backup_that_is_put_back_is_erased_again(house: House, tmp_path: Path) -> None:
    erased, wiring = lived(house, 6, 60), house.wiring
    home = tmp_path / "new-home"
    shutil.copytree(wiring.settings.keys, home / "keys")
    shutil.copy(wiring.settings.home / FILE, home / FILE)
    settings = replace(
        wiring.settings,
        home=home,
        database_url=f"sqlite:///{home / 'ledger.db'}",
        guard_url=f"sqlite:///{home / 'guard.db'}",
    )
    restored, found = restore(settings, erased.before, "", None, lambda *_: None)
    assert found.sound
    assert (restored.again.people, restored.again.texts) == (1, len(erased.sealed) + 1)
    files = list(home.rglob("*"))
    assert holding(files, [*words(), erased.wrapped, *erased.sealed]) == []
    opened = open_home(settings, now=wiring.now)
    if opened.log.alarm:
        opened.log.begin_guard()
        opened.close()
        opened = open_home(settings, now=wiring.now)
    assert opened.log.alarm == ""
    entries = record_erased_again(opened)
    assert len(entries) == 1
    assert opened.reader.person(erased.subject).erased == entries[0]
    assert audit(opened.log, redecide=opened.redecide()).sound
    assert record_erased_again(opened) == []
    opened.close()
